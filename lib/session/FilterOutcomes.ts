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

  /** The server refused a filter: all who want it lose their claim. Calls that came after the request are refused too. */
  refuse(wanted: WantedFilter<R>, requested: QoS, error: MqttError): void {
    const { filter } = wanted;
    const granted = wanted.told?.granted;
    // A server that granted the filter earlier may still have it. Then it must be told to unsubscribe.
    wanted.told = { requested, granted, state: granted === undefined ? 'refused' : 'assumed' };
    if (granted !== undefined) this.filters.mark(wanted);
    wanted.forsake();
    this.identifiers.release(filter);
    this.effects.application.refused(filter, error);
    this.effects.events.next({ type: 'refused', filter });
    this.answer(wanted.takeCalls(), 'subscribe', filter, error);
  }

  /**
   * The server did not unsubscribe a filter.
   * @param wanted the filter; `undefined` if the server was told something else about it since then
   */
  keep(filter: string, wanted: WantedFilter<R> | undefined): void {
    if (wanted) wanted.told = { requested: 0, state: 'kept' };
    this.effects.events.next({ type: 'refused', filter });
  }
}
