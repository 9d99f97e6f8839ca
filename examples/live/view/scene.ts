import type { Conditions } from '../Stage.js';
import type { Name } from '../names.js';
import { type Play, WINDOW } from '../play.js';
import { LaneView } from './LaneView.js';
import type { Colours } from './colours.js';
import { type Part, h, mark, say } from './dom.js';
import { chip } from './chip.js';

/** The house, the broker, the dashboard, and the packets between them. */
export function scene(play: Play, colours: Colours, conditions: () => Conditions, isStill: boolean): Part {
  const lanes = {
    house: new LaneView('Packets between the house and the broker', true, colours, conditions, isStill),
    dashboard: new LaneView('Packets between the broker and the dashboard', false, colours, conditions, isStill),
  };
  play.events$.subscribe(({ name, event }) => name !== 'worker' && lanes[name].note(event));

  const house = node(play, 'house', 'House', 'publishes 60 readings a second');
  const dashboard = node(play, 'dashboard', 'Dashboard', 'subscribes at QoS 2');
  const queued = h('b', {}, '0');
  const inFlight = h('b', {}, '0');
  const cells = Array.from({ length: WINDOW }, () => h('i'));
  house.element.append(
    h('p', { class: 'figure' }, inFlight, ` of ${WINDOW} in flight`),
    h('div', { class: 'cells', 'aria-hidden': 'true' }, ...cells),
    h('p', { class: 'figure' }, queued, ' in the queue'),
  );
  const rate = h('b', {}, '0');
  const pings = h('b', {}, '–');
  dashboard.element.append(
    h('p', { class: 'figure' }, rate, ' messages a second'),
    h('p', { class: 'figure' }, pings, ' round trip'),
  );
  play.clients.dashboard.metrics$(1_000).subscribe(({ period, roundTrip }) => {
    say(rate, String(period.messagesIn[0] + period.messagesIn[1] + period.messagesIn[2]));
    if (roundTrip !== undefined) say(pings, `${Math.round(roundTrip)} ms`);
  });
  const broker = h('div', { class: 'node broker' }, h('h3', {}, 'Broker'));
  const brokerChip = h('span', { class: 'chip' });
  broker.append(brokerChip, h('p', { class: 'hint' }, 'keeps the sessions'));

  return {
    element: h(
      'div',
      { class: 'scene' },
      house.element,
      lanes.house.element,
      broker,
      lanes.dashboard.element,
      dashboard.element,
    ),
    draw(now) {
      const { queued: waiting, inFlight: open } = play.clients.house.toJSON();
      say(queued, waiting.toLocaleString('en'));
      say(inFlight, String(open));
      cells.forEach((cell, i) => mark(cell, 'class', i < open ? 'on' : ''));
      const { isBrokerUp } = conditions();
      say(brokerChip, isBrokerUp ? 'running' : 'dead');
      mark(brokerChip, 'data-state', isBrokerUp ? 'online' : 'closed');
      for (const name of ['house', 'dashboard'] as const) {
        lanes[name].isOnline = play.histories[name].last?.status === 'online';
        lanes[name].draw(now);
      }
      house.draw(now);
      dashboard.draw(now);
    },
  };
}

function node(play: Play, name: Name, title: string, hint: string): Part {
  const state = chip(play.histories[name]);
  const element = h(
    'div',
    { class: `node ${name}` },
    h('h3', {}, title),
    state.element,
    h('p', { class: 'hint' }, hint),
  );
  return { element, draw: (now) => state.draw(now) };
}
