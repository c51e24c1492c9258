// A piece of code or a command to take away.
import { CopyButton } from './copy-button';

export function CodeBlock({ text, label }: { text: string; label: string }) {
  return (
    <div class="code-block">
      <pre tabIndex={0} aria-label={label}><code>{text}</code></pre>
      <CopyButton text={text} label={`Copy: ${label}`} />
    </div>
  );
}
