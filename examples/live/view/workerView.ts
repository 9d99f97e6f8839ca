import { AT_WORK, IN_HAND } from '../Jobs.js';
import type { Play } from '../play.js';
import { chip } from './chip.js';
import { type Part, h, mark, say } from './dom.js';

/** Jobs of a flood. */
export const FLOOD = 200;
/** Jobs that fill the bar of those that wait. */
const FULL = 200;

/** A consumer that is slower than what comes: what it has in hand is bounded, and the rest has to wait. */
export function workerView(play: Play, flood: () => void): Part {
  const { jobs } = play;
  const state = chip(play.histories.worker);
  const reading = h('span', { class: 'chip', id: 'reading' });
  const waiting = h('b', { 'data-figure': 'waiting' }, '0');
  const waitingBar = h('i');
  const inHand = h('b', { 'data-figure': 'inHand' }, '0');
  const done = h('b', { 'data-figure': 'done' }, '0');
  const note = h('p', { class: 'hint' });
  const slots = Array.from({ length: IN_HAND }, () => h('i', {}, h('span')));
  const pace = h('input', { type: 'range', id: 'pace', min: 50, max: 1_500, step: 50, value: jobs.pace });
  const paceText = h('output', { for: 'pace' });
  const button = h('button', { type: 'button', class: 'deed', id: 'flood' }, h('b', {}, `Flood: ${FLOOD} jobs`), h('small', {}, 'all at once, for the worker')); // prettier-ignore
  const setPace = () => {
    jobs.pace = Number(pace.value);
    say(paceText, `${jobs.pace} ms a job`);
    pace.setAttribute('aria-valuetext', `${jobs.pace} milliseconds a job`);
  };
  pace.addEventListener('input', setPace);
  button.addEventListener('click', flood);
  setPace();

  return {
    element: h(
      'section',
      { class: 'card worker', 'aria-labelledby': 'worker' },
      h('h2', { id: 'worker' }, 'A slow worker', h('small', {}, 'backpressure'), h('span', { class: 'chips' }, state.element, reading)), // prettier-ignore
      h(
        'div',
        { class: 'pipeline' },
        h('div', { class: 'stage' }, h('p', { class: 'figure' }, waiting, ' waiting'), h('div', { class: 'tank', 'aria-hidden': 'true' }, waitingBar)), // prettier-ignore
        h('div', { class: 'stage' }, h('p', { class: 'figure' }, inHand, ` of ${IN_HAND} in hand, ${AT_WORK} at a time`), h('div', { class: 'slots', 'aria-hidden': 'true' }, ...slots)), // prettier-ignore
        h('div', { class: 'stage' }, h('p', { class: 'figure' }, done, ' done'), note),
      ),
      h('div', { class: 'row' }, button, h('label', { for: 'pace' }, 'Work takes'), pace, paceText),
      h('p', { class: 'code' }, h('code', {}, `consume(worker, 'jobs', work, { concurrency: ${AT_WORK} })`), ' with ', h('code', {}, `receiveMaximum: ${IN_HAND}`), ': a job is acknowledged when its work is done, and nothing more is taken before.'), // prettier-ignore
    ),
    draw(now) {
      state.draw(now);
      say(reading, jobs.isPaused ? 'paused: hands are full' : 'reading');
      mark(reading, 'data-state', jobs.isPaused ? 'waiting' : 'online');
      say(waiting, jobs.waiting.toLocaleString('en'));
      waitingBar.style.width = `${Math.min(100, (jobs.waiting / FULL) * 100)}%`;
      say(inHand, String(jobs.inHand));
      say(done, jobs.done.toLocaleString('en'));
      say(note, notes(jobs.again, jobs.gone));
      const working = [...jobs.working];
      slots.forEach((slot, i) => {
        const job = working[i];
        mark(slot, 'class', job ? 'working' : i < jobs.inHand ? 'held' : '');
        const bar = slot.firstElementChild as HTMLElement;
        bar.style.width = job ? `${Math.min(100, ((now - job.since) / job.span) * 100)}%` : '0';
      });
    },
  };
}

function notes(again: number, gone: number): string {
  const parts = [again > 0 ? `${again} done twice, after a cut` : '', gone > 0 ? `${gone} died with the broker` : ''];
  return parts.filter(Boolean).join('; ');
}
