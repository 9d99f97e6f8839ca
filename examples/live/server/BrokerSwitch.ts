import { BehaviorSubject, type Observable, Subscription, filter, first, firstValueFrom, map } from 'rxjs';

/** The broker that all pages share: its process can be killed and started again. */
export class BrokerSwitch {
  private readonly url$ = new BehaviorSubject<URL | undefined>(undefined);
  private process = Subscription.EMPTY;
  /** Whether it runs: the present state, then each change. */
  readonly isUp$ = this.url$.pipe(map((url) => url !== undefined));

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
  async start(): Promise<URL> {
    if (this.process.closed) {
      this.process = this.broker$.subscribe({ next: (url) => this.url$.next(url), error: this.failed });
    }
    return (await firstValueFrom(this.url$.pipe(first((url) => url !== undefined), filter(Boolean)))); // prettier-ignore
  }

  kill(): void {
    this.process.unsubscribe();
    this.url$.next(undefined);
  }
}
