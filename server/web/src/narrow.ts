// Whether the window is too narrow for tables.
import { createStore, useStore } from './store';

const media = window.matchMedia('(max-width: 719px)');
const narrow = createStore(media.matches);
media.addEventListener('change', () => narrow.set(media.matches));

export const useNarrow = (): boolean => useStore(narrow);
