// An address that leads nowhere.
import { Notice } from '../components/states';

export function Missing() {
  return (
    <Notice icon="search" title="There is no such page" action={<a class="button" href="/">To the start page</a>}>
      The address may be cut short, or it is from a newer server.
    </Notice>
  );
}
