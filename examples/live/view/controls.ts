import { EMPTY, type Observable, catchError, defer, exhaustMap, finalize, fromEvent, map } from 'rxjs';
import type { Conditions, Deed } from '../Stage.js';
import { CUTS, cutRepeatedly, takeOver } from '../deeds.js';
import type { Play } from '../play.js';
import { h, mark, say } from './dom.js';

/** What the buttons of the page tell. */
export interface Told {
  /** What was done, for the time line: a word or two. */
  readonly mark?: string;
  /** The same in a sentence, for the line that is read aloud. */
  readonly text?: string;
}

/** A button for each thing that can break. */
interface Control {
  readonly id: string;
  readonly label: string;
  readonly hint: string;
  /** For what lasts until the button is pressed once more: whether it lasts. */
  readonly isOn?: (conditions: Conditions) => boolean;
  /** What the label and the hint are then; without, the button is one that stays down. */
  readonly other?: readonly [label: string, hint: string];
  run(isOn: boolean): Observable<Told>;
}

/** The buttons that break things. */
export function controls(play: Play, tell: (told: Told) => void): HTMLElement {
  const element = h('div', { class: 'deeds', role: 'group', 'aria-label': 'Break something' });
  for (const control of controlsOf(play)) element.append(buttonFor(control, play, tell));
  return element;
}

function controlsOf(play: Play): Control[] {
  const act = (deed: Deed, told: Told): Observable<Told> => defer(() => play.stage.act(deed)).pipe(map(() => told));
  return [
    {
      id: 'cut',
      label: 'Cut',
      hint: 'break every connection',
      run: () => act('cut', { mark: 'cut', text: 'Cut: every connection is broken.' }),
    },
    {
      id: 'ten',
      label: 'Ten cuts',
      hint: 'one after the other',
      run: () =>
        cutRepeatedly(play).pipe(
          map((n) => ({
            mark: `cut ${n}`,
            ...(n === CUTS ? { text: 'Ten cuts: every connection was broken ten times.' } : {}),
          })),
        ),
    },
    {
      id: 'stall',
      label: 'Stall',
      hint: 'nothing passes any more',
      isOn: ({ isStalled }) => isStalled,
      run: (isOn) =>
        isOn
          ? act('flow', { mark: 'flows', text: 'The network flows again.' })
          : act('stall', { mark: 'stall', text: 'Stalled: nothing passes. Unanswered pings will tell the clients.' }),
    },
    {
      id: 'slow',
      label: 'Slow',
      hint: 'half a second each way',
      isOn: ({ isSlow }) => isSlow,
      run: (isOn) =>
        isOn
          ? act('fast', { mark: 'fast', text: 'The network is fast again.' })
          : act('slow', { mark: 'slow', text: 'Slow: everything takes half a second each way.' }),
    },
    {
      id: 'half-open',
      label: 'Half-open',
      hint: 'dead, and nobody is told',
      run: () => act('half-open', { mark: 'half-open', text: 'Half-open: the connections are dead, and nobody was told. Pings find out.' }), // prettier-ignore
    },
    {
      id: 'kill',
      label: 'Kill the broker',
      hint: 'nobody reaches it',
      isOn: ({ isBrokerUp }) => !isBrokerUp,
      other: ['Start the broker', 'and see who comes back'],
      run: (isOn) =>
        isOn
          ? act('start', { mark: 'start', text: 'The broker runs again.' })
          : act('kill', { mark: 'kill', text: 'The broker is dead. The clients try again, less and less often.' }),
    },
    {
      id: 'takeover',
      label: 'Take over',
      hint: 'another one with the house’s identifier',
      run: () => takeOver(play).pipe(map(() => ({ mark: 'takeover', text: 'Another client took the identifier of the house: the broker threw the house out.' }))), // prettier-ignore
    },
  ];
}

function buttonFor(control: Control, play: Play, tell: (told: Told) => void): HTMLButtonElement {
  const { id, label, hint, isOn, other } = control;
  const name = h('b', {}, label);
  const small = h('small', {}, hint);
  const button = h('button', { type: 'button', class: 'deed', id }, name, small);
  let on = false;
  if (isOn) {
    play.stage.conditions$.subscribe((conditions) => {
      on = isOn(conditions);
      mark(button, 'data-on', String(on));
      if (!other) return mark(button, 'aria-pressed', String(on));
      say(name, on ? other[0] : label);
      say(small, on ? other[1] : hint);
    });
  }
  const fail = (error: unknown) => {
    tell({ text: `${label} did not work: ${error instanceof Error ? error.message : String(error)}` });
    return EMPTY;
  };
  // Not disabled while it works: that would take the focus away from who uses the keyboard.
  fromEvent(button, 'click')
    .pipe(
      exhaustMap(() => {
        mark(button, 'aria-busy', 'true');
        return control.run(on).pipe(
          catchError(fail),
          finalize(() => button.removeAttribute('aria-busy')),
        );
      }),
    )
    .subscribe(tell);
  return button;
}
