import { type Attributes, type Context, type Span, SpanKind, SpanStatusCode, context, trace } from '@opentelemetry/api';
import { isMqttError } from '../everywhere.js';
import type { Telemetry } from './Telemetry.js';
import { watchFor } from './durations.js';
import { DESTINATION_TEMPLATE, ERROR_TYPE, OPERATION_NAME, OPERATION_TYPE } from './names.js';

/** What an operation is called, of which kind its span is, and where its duration goes. */
export interface OperationKind {
  readonly name: string;
  readonly kind: SpanKind;
  readonly histogram: 'operation' | 'process';
}

/** A message is handed to the broker. */
export const SEND: OperationKind = { name: 'send', kind: SpanKind.PRODUCER, histogram: 'operation' };
/** A message is worked on. */
export const PROCESS: OperationKind = { name: 'process', kind: SpanKind.CONSUMER, histogram: 'process' };

/** An operation on one message: its span, and its duration in a histogram. */
export class Operation {
  private readonly attributes: Attributes;
  private readonly span: Span;
  private readonly record: ReturnType<typeof watchFor>;
  /** The context of all that belongs to it. */
  readonly context: Context;
  private isOver = false;

  /**
   * @param template the destination in a form with few values
   * @param details attributes of the span alone: they have too many values for a metric
   * @param parent the context that it belongs to
   * @param isLinked whether the span of the parent is also linked, as the one that made the message
   */
  constructor(
    private readonly telemetry: Telemetry,
    { name, kind, histogram }: OperationKind,
    template: string | undefined,
    details: Attributes,
    parent: Context,
    isLinked: boolean,
  ) {
    const creation = isLinked ? trace.getSpanContext(parent) : undefined;
    this.record = watchFor(telemetry.durations[histogram]);
    this.attributes = {
      [OPERATION_NAME]: name,
      [OPERATION_TYPE]: name,
      ...(template !== undefined && { [DESTINATION_TEMPLATE]: template }),
    };
    const attributes = { ...telemetry.own, ...this.attributes, ...details };
    const links = creation ? [{ context: creation }] : [];
    const title = template === undefined ? name : `${name} ${template}`;
    this.span = telemetry.tracer.startSpan(title, { kind, attributes, links }, parent);
    this.context = trace.setSpan(parent, this.span);
  }

  /** Runs what belongs to it. */
  run<R>(act: () => R): R {
    return context.with(this.context, act);
  }

  /** Ends it. Only the first call counts. */
  end(error?: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    const failed = error === undefined ? {} : { [ERROR_TYPE]: typeOf(error) };
    if (error !== undefined) {
      this.span.setAttributes(failed);
      const exception = error instanceof Error ? error : new Error(shown(error));
      this.span.recordException(exception);
      this.span.setStatus({ code: SpanStatusCode.ERROR, message: exception.message });
    }
    this.span.end();
    this.record({ ...this.telemetry.common, ...this.attributes, ...failed });
  }
}

/** A name with few values: the code of our errors, the class of others. */
function typeOf(error: unknown): string {
  if (isMqttError(error)) return error.code;
  return error instanceof Error ? error.name : '_OTHER';
}

/** What was thrown, where it is no error: text as it is, otherwise its type. */
function shown(thrown: unknown): string {
  return typeof thrown === 'string' ? thrown : typeof thrown;
}
