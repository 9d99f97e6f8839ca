import type { History } from '../History.js';
import { type Part, h, mark, say } from './dom.js';

/** The state of a client in a word. */
export function chip(history: History): Part {
  const element = h('span', { class: 'chip' });
  return {
    element,
    draw() {
      const status = history.last?.status ?? 'idle';
      say(element, status);
      mark(element, 'data-state', status);
    },
  };
}
