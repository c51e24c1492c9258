// The door.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api';
import { Mark } from '../components/icon';
import { signIn } from '../session';

function explain(failure: unknown): string {
  if (!(failure instanceof ApiError)) return 'Something went wrong. Try again.';
  if (failure.kind === 'offline') return 'The server cannot be reached.';
  if (failure.kind === 'signed-out' || failure.kind === 'forbidden') return 'This name and password do not fit together.';
  return failure.message;
}

export function SignIn({ expired }: { expired: boolean }) {
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const user = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = 'Sign in · Salvor';
    user.current?.focus();
  }, []);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError('');
    try {
      await signIn(user.current?.value.trim() ?? '', password.current?.value ?? '');
    } catch (failure) {
      setBusy(false);
      setError(explain(failure));
      password.current?.select();
    }
  };

  return (
    <main class="sign-in">
      <form onSubmit={(event) => void submit(event)} aria-labelledby="sign-in-title">
        <div class="sign-in-brand"><Mark /><span class="brand-name">Salvor</span></div>
        <h1 id="sign-in-title">Sign in</h1>
        <p class="sign-in-note">{expired ? 'Your session has ended. Sign in to go on where you were.' : 'Crash reports of your Windows programs.'}</p>
        <label>
          <span>Name</span>
          <input ref={user} class="input" type="text" name="user" autocomplete="username" autocapitalize="off" spellcheck={false} required />
        </label>
        <label>
          <span>Password</span>
          <input ref={password} class="input" type="password" name="password" autocomplete="current-password" required aria-describedby="sign-in-error" />
        </label>
        <p class="form-error" id="sign-in-error" role="alert">{error}</p>
        <button type="submit" class="button button-primary" disabled={busy}>{busy ? 'Signing in…' : 'Sign in'}</button>
      </form>
    </main>
  );
}
