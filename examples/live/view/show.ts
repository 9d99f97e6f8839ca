import { animationFrames, combineLatest, fromEvent, map, startWith } from 'rxjs';
import { type Conditions, FINE, type Stage } from '../Stage.js';
import { Play, QOS, ROOM_NAMES } from '../play.js';
import { column } from './column.js';
import { themeColours } from './colours.js';
import { type Told, controls } from './controls.js';
import { devtoolsButton } from './devtoolsButton.js';
import { h, mark, say } from './dom.js';
import { recoveries } from './recoveries.js';
import { scene } from './scene.js';
import { type Mark, timeline } from './timeline.js';
import { FLOOD, workerView } from './workerView.js';

/** Milliseconds between two drawings of what does not fly. */
const CALM = 100;

/** Shows the demo on a stage, and starts it. */
export function show(stage: Stage): void {
  const play = new Play(stage);
  const marks: Mark[] = [];
  let conditions: Conditions = FINE;
  stage.conditions$.subscribe((now) => (conditions = now));
  const status = h('p', { role: 'status', id: 'status' });
  const tell = ({ mark: text, text: sentence }: Told) => {
    if (text !== undefined) marks.push({ at: performance.now(), text });
    if (marks.length > 100) marks.shift();
    if (sentence !== undefined) say(status, sentence);
  };

  const colours = themeColours(() => columns.forEach((one) => one.retheme()));
  const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const columns = QOS.map((qos) => column(play, qos, colours));
  const stageView = scene(play, colours, () => conditions, isStill);
  const history = timeline(play, colours, marks);
  const worker = workerView(play, () => {
    play.flood(FLOOD);
    tell({ mark: 'flood', text: `${FLOOD} jobs for the worker, all at once.` });
  });
  const calm = [history, ...columns, worker];

  document.querySelector('#page')!.replaceWith(
    header(play),
    h(
      'main',
      {},
      h('section', { class: 'card', 'aria-labelledby': 'network' }, h('h2', { id: 'network' }, 'Break the network', h('small', {}, 'and watch what arrives')), stageView.element, controls(play, tell), status), // prettier-ignore
      h('section', { class: 'card', 'aria-labelledby': 'history' }, h('h2', { id: 'history' }, 'Connections', h('small', {}, 'states, and when the next attempt comes')), history.element, legend('States', ['online', 'connecting', 'waiting', 'closed'])), // prettier-ignore
      h(
        'div',
        { class: 'intro' },
        h('p', {}, 'The same readings, at each quality of service. A hole is what has not arrived.'),
        legend('Rooms', ROOM_NAMES),
      ),
      h('div', { class: 'columns' }, ...columns.map(({ element }) => element)),
      worker.element,
    ),
  );

  play.start();
  recoveries(play).subscribe((text) => tell({ text }));
  let drawn = 0;
  let now = 0;
  animationFrames().subscribe(() => {
    // While the house pauses, time stands still: nothing moves. The figures go on.
    if (play.isRunning$.value) now = performance.now();
    stageView.draw(now);
    if (performance.now() - drawn < CALM) return;
    drawn = performance.now();
    for (const part of calm) part.draw(now);
  });
}

function header(play: Play): HTMLElement {
  const pause = h('button', { type: 'button', id: 'pause', 'aria-pressed': 'false' }, 'Pause');
  const isPaused$ = fromEvent(pause, 'click').pipe(
    map((_, i) => i % 2 === 0),
    startWith(false),
  );
  const isVisible$ = fromEvent(document, 'visibilitychange').pipe(
    startWith(undefined),
    map(() => document.visibilityState === 'visible'),
  );
  // A page that nobody looks at has nothing to measure: its timers come once a minute.
  combineLatest([isPaused$, isVisible$]).subscribe(([isPaused, isVisible]) => {
    mark(pause, 'aria-pressed', String(isPaused));
    play.isRunning$.next(!isPaused && isVisible);
  });
  return h(
    'header',
    {},
    h(
      'div',
      {},
      h('h1', {}, 'tortoise-rx', h('span', {}, ' live')),
      h('p', {}, 'An MQTT client for RxJS. A house measures, a dashboard listens, and you break what is between them. ', h('span', { class: 'place' }, `The page is connected ${play.stage.place}.`)), // prettier-ignore
    ),
    h('div', { class: 'tools' }, devtoolsButton(play), pause),
  );
}

/** Colours, by the names that they have in page.css. */
function legend(label: string, names: readonly string[]): HTMLElement {
  const keys = names.map((name) => h('li', {}, h('i', { style: `background: var(--${name})` }), name));
  return h('ul', { class: 'legend', 'aria-label': label }, ...keys);
}
