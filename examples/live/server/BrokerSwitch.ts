import { BehaviorSubject, type Observable, Subscription, filter, firstValueFrom } from 'rxjs';

/** The broker that all pages share: its process can be killed and started again. */
export class BrokerSwitch {
  private readonly url$ = new BehaviorSubject<URL | undefined>(undefined);
  private process = Subscription.EMPTY;

  /** @param broker$ subscribing starts it; it emits the URL; unsubscribing kills it */
  constructor(
    private readonly broker$: Observable<URL>,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Where it is, while it runs. */
  get url(): URL | undefined {
    return this.url$.value;
  }

  /** Resolves when it runs. */
  start(): Promise<URL> {
    if (this.process.closed) {
      this.process = this.broker$.subscribe({ next: (url) => this.url$.next(url), error: this.failed });
    }
    return firstValueFrom(this.url$.pipe(filter((url) => url !== undefined)));
  }

  kill(): void {
    this.process.unsubscribe();
    this.url$.next(undefined);
  }
}
