import { expect } from 'chai';
import { devtools } from '../../lib/devtools.js';
import { InvalidArgumentError, NotSupportedError, createClient } from '../../lib/index.js';
import { domStage } from '../support/dom.js';
import { type KitStage, kitSpecs } from '../support/kitStage.js';
import { watch } from '../support/watch.js';

type Options = Parameters<typeof devtools>[1];

/** The text of a panel, or of a part of it, with one space where there is room between words. */
function textOf(panel: HTMLElement, selector = 'section'): string {
  const texts: string[] = [];
  const walk = (node: Node) => {
    if (node.nodeType === 3) texts.push(node.textContent!);
    if (!(node as HTMLElement).hidden) node.childNodes.forEach(walk);
  };
  panel.shadowRoot!.querySelectorAll(selector).forEach(walk);
  return texts.join(' ').replace(/\s+/g, ' ').trim();
}

const find = (panel: HTMLElement, selector: string) => panel.shadowRoot!.querySelector<HTMLElement>(selector)!;
const button = (panel: HTMLElement, text: string) =>
  [...panel.shadowRoot!.querySelectorAll('button')].find(({ textContent }) => textContent === text)!;
/** A part of the panel that is folded under a title. */
const part = (panel: HTMLElement, title: string) => {
  const all = [...panel.shadowRoot!.querySelectorAll('details')];
  const at = all.findIndex((one) => one.querySelector('summary')!.textContent === title);
  return textOf(panel, `details:nth-of-type(${at + 1}) .content`);
};

kitSpecs('devtools', (on: KitStage) => {
  domStage();
  let panels: HTMLElement[] = [];
  const open = (client = on.client(), options: Options = {}) => {
    const panel = devtools(client, { open: true, ...options });
    panels.push(panel);
    return panel;
  };
  /** Before the stage looks for timers that are left. */
  const it = (title: string, act: () => Promise<void> | void) =>
    global.it(title, async () => {
      try {
        await act();
      } finally {
        panels.forEach((panel) => panel.remove());
        panels = [];
      }
    });

  it('should open no connection, and hold none', async () => {
    const client = on.client({ linger: 100 });
    const panel = open(client);
    await on.tick(5_000);
    expect(on.broker.clients).to.have.length(0);
    expect(part(panel, 'Connection')).to.match(/^State idle: nothing needs a connection Server .* as spec$/);
    const held = watch(client.connection$);
    await on.tick(500);
    expect(on.broker.clients).to.have.length(1);
    expect(part(panel, 'Connection')).to.match(
      /^State online since \d\d:\d\d:\d\d, session new Server custom transport/,
    );
    held.unsubscribe();
    await on.tick(500);
    expect(on.broker.clients).to.have.length(0);
    expect(textOf(panel, '.toggle')).to.equal('MQTT idle spec');
  });

  it('should count down to the next attempt, and say why it is needed', async () => {
    const { client } = await on.online();
    const panel = open(client);
    const wall = on.broker.unreachable();
    await on.tick(300);
    expect(part(panel, 'Connection')).to.match(
      /State waiting for attempt 1 .* next attempt in 0\.7 s of 1\.0 s ConnectionLostError: /,
    );
    expect((find(panel, 'progress') as HTMLProgressElement).value).to.be.closeTo(0.3, 0.01);
    await on.tick(200);
    expect(part(panel, 'Connection')).to.contain('next attempt in 0.5 s of 1.0 s');
    wall.unsubscribe();
    await on.tick(700);
    expect(part(panel, 'Connection'))
      .to.match(/^State online/)
      .and.not.contain('attempt')
      .and.not.contain('Error');
  });

  it('should say why the client gave up', async () => {
    on.broker.refuseConnect(on.version === 5 ? 0x87 : 5);
    const client = on.client();
    const panel = open(client);
    watch(client.connection$);
    await on.tick(200);
    expect(part(panel, 'Connection')).to.match(/^State given up after a fatal error .* ConnectionRefusedError: /);
    expect(find(panel, '.dot').className).to.equal('dot failed');
  });

  it('should show what is subscribed, and how', async () => {
    on.start({ maximumQoS: 1 });
    on.broker.refuse('secret/#');
    const { client } = await on.online();
    const panel = open(client);
    expect(part(panel, 'Subscriptions')).to.equal('Nothing is subscribed.');
    watch(client.topic$('room/+room/temp', { qos: 2 }));
    watch(client.topic$('secret/a'));
    await on.tick(200);
    const shown = part(panel, 'Subscriptions');
    expect(shown).to.contain('room/+/temp 1 of 2 granted').and.contain('secret/a 0 refused');
  });

  it('should show the flow, and nothing when there is none', async () => {
    const { client, held } = await on.online();
    const panel = open(client);
    const listening = watch(client.topic$('a'));
    await on.tick(1_100);
    for (const text of ['x', 'y', 'z']) watch(client.publish('a', text));
    await on.tick(1_100);
    expect(part(panel, 'Flow')).to.match(
      / in 3 3 \d+ B 3 \d+ B out 3 3 \d+ B 3 \d+ B messages\/s in the last minute, up to 3$/,
    );
    expect(find(panel, 'polyline.in').getAttribute('points')!.split(' ')).to.have.length(2);
    listening.unsubscribe();
    held.unsubscribe();
    await on.tick(2_000);
    expect(part(panel, 'Flow')).to.match(/ in 0 0 0 B 3 \d+ B out 0 0 0 B 3 /);
  });

  it('should show queue and windows', async () => {
    on.start(on.version === 5 ? { receiveMaximum: 4 } : {});
    on.broker.hold('puback');
    const { client } = await on.online({ maxInflight: 5, receiveMaximum: 2 });
    const panel = open(client);
    const listening = watch(client.topic$('work', { qos: 1, acknowledge: 'manual' }));
    await on.settle();
    for (let n = 0; n < 7; n++) watch(client.publish('a', `${n}`, { qos: 1 }));
    for (let n = 0; n < 2; n++) on.broker.publish('work', `${n}`, { qos: 1 });
    await on.tick(1_100);
    const [most, queued, hint] = on.version === 5 ? [4, 3, ''] : [5, 2, ', reading paused'];
    expect(part(panel, 'Queue and windows')).to.equal(
      `Queued ${queued} In flight ${most} of ${most} In hand 2 of 2${hint} Last ping none yet`,
    );
    listening.values.forEach((message) => message.acknowledge());
    on.broker.release();
    await on.tick(1_100);
    expect(part(panel, 'Queue and windows')).to.contain(`Queued 0 In flight 0 of ${most} In hand 0 of 2 Last`);
  });

  it('should not say that reading is paused when it went on while the panel was away', async () => {
    const { client } = await on.online({ receiveMaximum: 2 });
    const panel = open(client);
    const listening = watch(client.topic$('work', { qos: 1, acknowledge: 'manual' }));
    await on.settle();
    for (let n = 0; n < 2; n++) on.broker.publish('work', `${n}`, { qos: 1 });
    await on.tick(1_100);
    expect(part(panel, 'Queue and windows').includes('paused')).to.equal(on.version === 4);
    panel.remove();
    listening.values.forEach((message) => message.acknowledge());
    await on.tick(1_100);
    document.body.append(panel);
    await on.tick(1_100);
    expect(part(panel, 'Queue and windows')).not.to.contain('paused');
  });

  it('should show packets, newest first, and keep no more than it is told', async () => {
    const { client } = await on.online();
    const panel = open(client, { packets: 3 });
    watch(client.topic$('a'));
    await on.settle();
    on.broker.publish('a', 'ü');
    await on.tick(200);
    const lines = part(panel, 'Packets')
      .split(/ (?=\d\d:\d\d:\d\d\.\d{3})/)
      .slice(1);
    expect(lines).to.have.length(3);
    expect(lines[0]).to.match(/← PUBLISH a QoS 0, 2 bytes ü$/);
    expect(lines[2]).to.match(/→ SUBSCRIBE #1 a \(0\)$/);
    expect(find(panel, '.arrow').getAttribute('aria-label')).to.equal('received');
  });

  it('should take nothing from the network for HTML, nor for something else than it is', async () => {
    const { client } = await on.online();
    const panel = open(client);
    watch(client.topic$('<img src=x>/#'));
    await on.settle();
    on.broker.publish('<img src=x>/<b>', '<script>alert(1)</script>\n\u202Egnp.exe');
    on.broker.publish('<img src=x>/a', new Uint8Array([0xff, 0, 1]));
    on.broker.publish('<img src=x>/a', 'ä'.repeat(200));
    await on.tick(200);
    expect(panel.shadowRoot!.querySelectorAll('img, script, ol b')).to.have.length(0);
    const [long, binary, script] = [...panel.shadowRoot!.querySelectorAll('code')].map(
      ({ textContent }) => textContent,
    );
    expect(script).to.equal('<script>alert(1)</script>··gnp.exe');
    expect(binary).to.equal('ff 00 01');
    expect(long).to.equal(`${'ä'.repeat(50)} …`);
    expect(part(panel, 'Subscriptions')).to.contain('<img src=x>/#');
  });

  it('should show no secret, and no payload if it is told so', async () => {
    const { client } = await on.online({ username: 'ada', password: 'pa55word' });
    const panel = open(client, { payloads: false });
    watch(client.publish('a', 'payl0ad'));
    await on.tick(1_500);
    watch(client.reconnect());
    await on.tick(1_500);
    const all = panel.shadowRoot!.textContent;
    expect(all).to.contain('CONNECT spec').and.contain('PUBLISH a QoS 0, 7 bytes');
    for (const secret of ['ada', 'pa55word', 'payl0ad']) expect(all).not.to.contain(secret);
  });

  it('should tell of events and errors, and count what is wrong', async () => {
    const { client } = await on.online();
    const panel = open(client, { open: false });
    on.broker.drop();
    await on.tick(1_500);
    expect(textOf(panel, '.toggle')).to.equal('MQTT online 2 spec');
    expect(find(panel, '.badge').title).to.equal('2 warnings and errors');
    find(panel, '.toggle').click();
    expect(part(panel, 'Events')).to.match(
      /connected to .* connecting, attempt 1 .* attempt 1 in 1000 ms.* disconnected: /,
    );
  });

  it('should count all that is wrong, also when much happens at once', async () => {
    const client = on.client({ queue: { size: 1 } });
    const panel = open(client, { open: false });
    watch(client.suspend());
    await on.settle();
    for (let n = 0; n < 251; n++) watch(client.publish('a', ''));
    await on.tick(200);
    expect(find(panel, '.badge').textContent).to.equal('250');
  });

  it('should open and close by its button and Escape, and tell screen readers', async () => {
    const panel = open(on.client(), { open: false, name: 'the kitchen' });
    const toggle = find(panel, '.toggle');
    const body = find(panel, '.body');
    const isOpen = () => [toggle.getAttribute('aria-expanded'), body.hidden];
    expect(isOpen()).to.deep.equal(['false', true]);
    toggle.click();
    expect(isOpen()).to.deep.equal(['true', false]);
    expect(find(panel, '[role=status]').textContent).to.equal('MQTT idle: nothing needs a connection');
    expect(find(panel, 'section').getAttribute('aria-label')).to.equal('MQTT devtools: the kitchen');
    const { KeyboardEvent } = document.defaultView!;
    body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
    expect(isOpen()).to.deep.equal(['false', true]);
    expect(panel.shadowRoot!.activeElement).to.equal(toggle);
    await on.settle();
  });

  it('should hold packets still while it is paused, and empty their list', async () => {
    const { client } = await on.online();
    const panel = open(client);
    button(panel, 'Pause').click();
    watch(client.publish('a', '1'));
    await on.tick(200);
    expect(part(panel, 'Packets')).to.equal('Pause Clear No packet yet.');
    expect(button(panel, 'Pause').getAttribute('aria-pressed')).to.equal('true');
    button(panel, 'Pause').click();
    expect(part(panel, 'Packets')).to.contain('PUBLISH a');
    button(panel, 'Clear').click();
    expect(part(panel, 'Packets')).to.equal('Pause Clear No packet yet.');
  });

  it('should leave nothing behind when it is removed, and go on when it is put back', async () => {
    const client = on.client();
    const panel = open(client);
    await on.tick(0); // what jsdom does about `details`
    expect(on.clock.countTimers()).to.equal(1);
    find(panel, '[aria-label="Remove the panel"]').click();
    expect(panel.isConnected).to.equal(false);
    expect(on.clock.countTimers()).to.equal(0);
    const held = watch(client.connection$);
    await on.settle();
    expect(textOf(panel, '.toggle')).to.contain('idle');
    document.body.append(panel);
    expect(textOf(panel, '.toggle')).to.contain('online');
    held.unsubscribe();
    await on.tick(2_000);
    expect(textOf(panel, '.toggle')).to.contain('idle');
  });

  it('should rest without a timer when the client has ended, and when it is closed with an idle client', async () => {
    const client = on.client();
    const panel = open(client);
    watch(client.end());
    await on.tick(200);
    expect(part(panel, 'Connection')).to.match(/^State ended/);
    expect(on.clock.countTimers()).to.equal(0);
    open(on.client(), { open: false });
    await on.tick(200);
    expect(on.clock.countTimers()).to.equal(0);
  });

  it('should be put where it is told, any number of times', () => {
    const parent = document.createElement('main');
    document.body.append(parent);
    const first = open(on.client(), { parent, position: 'inline', theme: 'dark' });
    const second = open(on.client(), { position: 'top-left' });
    expect([first.parentNode, second.parentNode]).to.deep.equal([parent, document.body]);
    expect([first.getAttribute('theme'), first.getAttribute('position')]).to.deep.equal(['dark', 'inline']);
    expect([second.getAttribute('theme'), second.getAttribute('position')]).to.deep.equal([null, 'top-left']);
    expect(first.localName).to.equal('mqtt-devtools');
  });

  it('should refuse what it cannot do', () => {
    const wrong = [{ positon: 'inline' }, { position: 'left' }, { theme: 'blue' }, { packets: 0 }, { packets: 1.5 }];
    for (const options of wrong) {
      expect(() => open(on.client(), options as never), JSON.stringify(options)).to.throw(InvalidArgumentError);
    }
  });
});

describe('devtools without a document', () => {
  it('should say where it can be used', () => {
    const client = createClient('mqtt://localhost');
    expect(() => devtools(client)).to.throw(NotSupportedError, /needs a document.*not on a server/);
  });
});
