import { EMPTY, Subject, Subscription, auditTime, interval, last, startWith, switchMap, takeUntil } from 'rxjs';
import type { ClientEvent, ClientState, Metrics, MqttClient, SubscriptionState } from '../everywhere.js';
import { ConnectionView, stateText } from './ConnectionView.js';
import { EventLines } from './EventLines.js';
import { Flow } from './flow.js';
import { Levels } from './Levels.js';
import { LineList } from './LineList.js';
import { SubscriptionTable } from './SubscriptionTable.js';
import { el, say } from './dom.js';
import { visible } from './preview.js';
import { STYLE } from './style.js';

/** What a panel needs of a client. None of it holds a connection. */
export type WatchedClient = Pick<MqttClient, 'state$' | 'events$' | 'metrics$' | 'subscriptions$' | 'toJSON'>;

/** What a panel is told. */
export interface PanelSettings {
  readonly name: string | undefined;
  readonly isOpen: boolean;
  readonly packets: number;
  readonly payloads: boolean;
}

/** Milliseconds between two looks at the counters. */
const PERIOD = 1_000;
/** Milliseconds between two renderings: often enough for a countdown. */
const FRAME = 100;
/** Events that are no packets. */
const HAPPENINGS = 100;

/** The panel of one client, in a shadow root. */
export class Panel {
  private readonly dot = el('span.dot', { 'aria-hidden': 'true' });
  private readonly status = el('span');
  private readonly name = el('span.name');
  private readonly badge = el('span.badge', { hidden: '' });
  private readonly heard = el('p.heard', { role: 'status' });
  private readonly connection = new ConnectionView();
  private readonly flow = new Flow();
  private readonly levels = new Levels();
  private readonly subscriptions = new SubscriptionTable();
  private readonly happenings = new LineList('Events, the newest first', 'Nothing has happened yet.', HAPPENINGS);
  private readonly packets: LineList;
  private readonly happeningLines = new EventLines(HAPPENINGS, false);
  private readonly packetLines: EventLines;
  private readonly toggle: HTMLButtonElement;
  private readonly body: HTMLElement;
  private readonly section: HTMLElement;
  private readonly isShown$ = new Subject<boolean>();
  private readonly changes$ = new Subject<void>();
  private watching: Subscription | undefined;
  private state: ClientState = { status: 'idle' };
  private filters: ReadonlyMap<string, SubscriptionState> | undefined;
  private isPaused = false;
  private isFrozen = false;
  private problems = 0;

  /** @param close called when a person closes the panel for good */
  constructor(
    private readonly client: WatchedClient,
    private readonly settings: PanelSettings,
    root: ShadowRoot,
    close: () => void,
  ) {
    this.packets = new LineList('Packets, the newest first', 'No packet yet.', settings.packets);
    this.packetLines = new EventLines(settings.packets, settings.payloads);
    const button = (text: string, what: string, act: (button: HTMLButtonElement) => void) => {
      const made = el('button', { type: 'button', title: what }, text);
      made.addEventListener('click', () => act(made));
      return made;
    };
    this.toggle = button('', 'Show or hide what the client does', () => this.open(Boolean(this.body.hidden)));
    this.toggle.className = 'toggle';
    this.toggle.setAttribute('aria-controls', 'body');
    this.toggle.append(this.dot, el('b', {}, 'MQTT'), this.status, this.badge, this.name);
    const remove = button('✕', 'Remove the panel', close);
    remove.setAttribute('aria-label', 'Remove the panel');
    const tools = el(
      'div.tools',
      {},
      button('Pause', 'Stop showing packets, to read them', (it) => this.freeze(it)),
      button('Clear', 'Empty the list of packets', () => this.packets.clear()),
    );
    tools.firstElementChild!.setAttribute('aria-pressed', 'false');
    this.body = el(
      'div.body',
      { id: 'body' },
      folded('Connection', this.connection.element),
      folded('Queue and windows', this.levels.element),
      folded('Flow', this.flow.element, this.flow.chart, this.flow.scale),
      folded('Subscriptions', this.subscriptions.element),
      folded('Events', this.happenings.element),
      folded('Packets', tools, this.packets.element),
    );
    this.section = el('section', {}, el('header', {}, this.toggle, remove), this.heard, this.body);
    this.section.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape' && !this.body.hidden) this.open(false, true);
    });
    const sheet = new CSSStyleSheet(); // a <style> would be forbidden by a strict Content Security Policy
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    root.append(this.section);
    this.open(settings.isOpen);
  }

  /** Begins to watch the client. */
  start(): void {
    const { client } = this;
    const watching = (this.watching = new Subscription());
    watching.add(client.state$.subscribe((state) => this.stateIs(state)));
    watching.add(client.subscriptions$.subscribe((filters) => this.change(() => (this.filters = filters))));
    watching.add(client.metrics$(PERIOD).subscribe((metrics) => this.change(() => this.measured(metrics))));
    watching.add(client.events$.subscribe((event) => this.happened(event)));
    watching.add(this.changes$.pipe(auditTime(FRAME)).subscribe(() => this.render()));
    // The timer runs only while the panel is open and the client has not ended.
    const ticks$ = this.isShown$.pipe(
      startWith(!this.body.hidden),
      switchMap((isShown) => (isShown ? interval(FRAME) : EMPTY)),
      takeUntil(client.state$.pipe(last(null, undefined))),
    );
    watching.add(ticks$.subscribe(() => this.showTime()));
    this.render();
  }

  /** Stops watching: nothing is left. */
  stop(): void {
    this.watching?.unsubscribe();
    this.watching = undefined;
    this.isPaused = false; // `reading` would not be heard
  }

  private open(isOpen: boolean, takesFocus = false): void {
    this.body.hidden = !isOpen;
    this.section.classList.toggle('open', isOpen);
    this.toggle.setAttribute('aria-expanded', String(isOpen));
    if (takesFocus) this.toggle.focus();
    this.isShown$.next(isOpen);
    this.render();
  }

  private freeze(button: HTMLButtonElement): void {
    this.isFrozen = !this.isFrozen;
    button.setAttribute('aria-pressed', String(this.isFrozen));
    this.render();
  }

  private stateIs(state: ClientState): void {
    this.state = state;
    if (!isWorking(state)) this.flow.rest();
    if (state.status !== 'online') this.isPaused = false;
    this.render();
  }

  private measured(metrics: Metrics): void {
    this.flow.show(metrics);
    this.levels.metrics = metrics;
    if (!isWorking(this.state)) this.flow.rest();
  }

  private happened(event: ClientEvent): void {
    if (event.type === 'paused' || event.type === 'reading') this.isPaused = event.type === 'paused';
    if ('packet' in event) this.packetLines.add(event);
    else this.happeningLines.add(event);
    if (this.happeningLines.isFull) this.tellHappenings(); // before the next one is lost: each of them counts
    this.changes$.next();
  }

  private change(by: () => void): void {
    by();
    this.changes$.next();
  }

  private tellHappenings(): void {
    const happenings = this.happeningLines.take().filter(({ level }) => level !== 'debug');
    this.happenings.add(happenings);
    this.problems += happenings.filter(({ level }) => level === 'warn' || level === 'error').length;
  }

  /** Shows what has changed. */
  private render(): void {
    const { state } = this;
    const summary = this.client.toJSON();
    this.tellHappenings();
    if (!this.isFrozen) this.packets.add(this.packetLines.take());
    if (this.filters) this.subscriptions.show(this.filters);
    this.filters = undefined;
    this.dot.className = `dot ${state.status === 'closed' && state.cause ? 'failed' : state.status}`;
    say(this.status, state.status);
    say(this.name, visible(this.settings.name ?? summary.clientId));
    this.section.setAttribute('aria-label', `MQTT devtools: ${this.name.textContent}`);
    this.badge.hidden = this.problems === 0;
    say(this.badge, `${this.problems}`);
    this.badge.title = this.problems === 1 ? '1 warning or error' : `${this.problems} warnings and errors`;
    if (this.body.hidden) return;
    say(this.heard, `MQTT ${stateText(state)}`);
    this.showTime(summary);
  }

  /** Shows what changes without an event: the countdown, and how much waits. */
  private showTime(summary = this.client.toJSON()): void {
    this.connection.show(this.state, summary);
    this.levels.show(summary, this.isPaused);
  }
}

/** Whether there is a connection or one is made. */
function isWorking({ status }: ClientState): boolean {
  return status !== 'idle' && status !== 'suspended' && status !== 'closed';
}

function folded(title: string, ...content: readonly (Node | string)[]): HTMLElement {
  return el('details', { open: '' }, el('summary', {}, title), el('div.content', {}, ...content));
}
