import type { MqttError } from '../errors.js';
import type { QoS } from '../packet/Packet.js';
import { type Answer, type Call, answerCalls } from './Call.js';
import type { SubscriptionEffects } from './SubscriptionEffects.js';
import type { SubscriptionIds } from './SubscriptionIds.js';
import type { WantedFilter } from './WantedFilter.js';
import type { WantedFilters } from './WantedFilters.js';

/**
 * Notes and tells what became of filters: granted, refused, or kept by the server.
 *
 * @typeParam R the token of a subscribe or unsubscribe request
 */
export class FilterOutcomes<R> {
  constructor(
    private readonly effects: SubscriptionEffects<R>,
    private readonly filters: WantedFilters<R>,
    private readonly identifiers: SubscriptionIds,
  ) {}

  /** Tells calls what the server said of a filter. */
  answer(calls: readonly Call<R>[], asked: Call<R>['type'], filter: string, answer: Answer): void {
    const { application } = this.effects;
    answerCalls(calls, asked, filter, answer, (token, grants, error) => application.answered(token, grants, error));
  }

  /** The server granted a filter. */
  grant(wanted: WantedFilter<R>, requested: QoS, granted: QoS): void {
    const { filter } = wanted;
    wanted.told = { requested, granted, state: 'granted' };
    wanted.wasGranted = true;
    this.filters.noteTooHigh(wanted);
    this.effects.application.subscribed(filter);
    this.effects.events.next({ type: 'subscribed', filter, requested, granted });
  }

  /** Nobody has a claim any more; a call that came while the server refused is refused with the rest. */
  refuse(wanted: WantedFilter<R>, requested: QoS, error: MqttError): void {
    const { filter } = wanted;
    const granted = wanted.told?.granted;
    // A server that had granted it before may go on with that: then it must be told that nobody wants it any more.
    wanted.told = { requested, granted, state: granted === undefined ? 'refused' : 'assumed' };
    if (granted !== undefined) this.filters.mark(wanted);
    wanted.forsake();
    this.identifiers.release(filter);
    this.effects.application.refused(filter, error);
    this.effects.events.next({ type: 'refused', filter });
    this.answer(wanted.takeCalls(), 'subscribe', filter, error);
  }

  /** The server keeps a filter that nobody wants. @param wanted `undefined`: it was told something else meanwhile */
  keep(filter: string, wanted: WantedFilter<R> | undefined): void {
    if (wanted) wanted.told = { requested: 0, state: 'kept' };
    this.effects.events.next({ type: 'refused', filter });
  }
}
