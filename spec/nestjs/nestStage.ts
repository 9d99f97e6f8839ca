import 'reflect-metadata';
import { type INestMicroservice, Logger, type LoggerService, type ModuleMetadata, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventPattern } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { type MqttClient, type ProtocolVersion, backoff, createClient } from '../../lib/index.js';
import {
  MqttClientProxy,
  type MqttClientProxyOptions,
  type MqttHandlerOptions,
  MqttServer,
  type MqttServerOptions,
} from '../../lib/nestjs.js';
import { type TestBroker, type TestBrokerOptions, testBroker } from '../../lib/testing.js';
import { turn } from '../support/turn.js';

/** Nest's own; where functions are compared strictly, its first overload takes no handler with a context. */
export const OnEvent: (pattern: string, extras?: MqttHandlerOptions) => MethodDecorator = EventPattern;

/** What is logged, by level. */
export class Log implements LoggerService {
  readonly lines: string[] = [];
  log = (line: unknown) => this.note('log', line);
  error = (line: unknown) => this.note('error', line);
  warn = (line: unknown) => this.note('warn', line);

  /** The lines of a level. */
  of(level: string): string[] {
    return this.lines.filter((line) => line.startsWith(`${level}: `)).map((line) => line.slice(level.length + 2));
  }

  private note(level: string, line: unknown): void {
    this.lines.push(`${level}: ${line instanceof Error ? line.message : String(line)}`);
  }
}

/** A service that listens. */
export interface Service {
  readonly app: INestMicroservice;
  readonly server: MqttServer;
}

/** Sets up what one spec needs: a test broker, services and proxies. */
export interface NestStage {
  readonly broker: TestBroker;
  readonly log: Log;
  /** Another broker than the one that there is otherwise. */
  use(options: TestBrokerOptions): void;
  /** A service that has not begun to listen. */
  service(controllers: Type[], options?: MqttServerOptions, rest?: ModuleMetadata): Promise<Service>;
  /** A service that listens. */
  serve(controllers: Type[], options?: MqttServerOptions, rest?: ModuleMetadata): Promise<Service>;
  proxy(options?: MqttClientProxyOptions): MqttClientProxy;
  /** A client that is no part of Nest. */
  client(): MqttClient;
  /** What is left unacknowledged, or subscribed, is meant to be. */
  forgive(): void;
  /** Resolves when the condition holds. */
  until(condition: () => boolean): Promise<void>;
  /** Resolves when everything that can happen by itself has happened. */
  settle(): Promise<void>;
}

class Root {}

/** Nest loads a part of itself by `import()`: under tsx these are other copies than those that are required. */
const copies = () => Promise.all([import('@nestjs/common'), import('@nestjs/microservices')]);
let loaded: Awaited<ReturnType<typeof copies>>;

/** An exception that Nest's filters know for one. */
export function rpcException(text: string): Error {
  return new loaded[1].RpcException(text);
}

function logTo(target: LoggerService | false): void {
  for (const one of [Logger, loaded[0].Logger]) one.overrideLogger(target);
}

/** Makes a stage for the specs of the enclosing `describe`. After each, services and proxies are closed. */
export function nestStage(protocolVersion: ProtocolVersion = 4): NestStage {
  const closing: (() => unknown)[] = [];
  let broker: TestBroker;
  let log: Log;
  let isForgiven: boolean;

  before(async function () {
    this.timeout(60_000); // on a busy machine
    loaded = await copies();
  });
  beforeEach(() => {
    broker = testBroker();
    log = new Log();
    isForgiven = false;
    logTo(log);
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
    if (!isForgiven) broker.verify();
    logTo(false);
  });

  const retryWhen = backoff({ min: 5, max: 5, jitter: 0 });
  const stage: NestStage = {
    get broker() {
      return broker;
    },
    get log() {
      return log;
    },
    use(options) {
      broker = testBroker(options);
    },
    async service(controllers, options, rest) {
      const server = new MqttServer({ server: broker, clientId: 'service', protocolVersion, retryWhen, ...options });
      const app = await NestFactory.createMicroservice(
        { module: Root, controllers, ...rest },
        { strategy: server, logger: log, abortOnError: false },
      );
      closing.push(() => app.close());
      return { app, server };
    },
    async serve(...args) {
      const service = await stage.service(...args);
      await service.app.listen();
      return service;
    },
    proxy(options) {
      const proxy = new MqttClientProxy({ server: broker, clientId: 'proxy', protocolVersion, retryWhen, ...options });
      closing.push(() => proxy.close());
      return proxy;
    },
    client() {
      const client = createClient(broker, { clientId: 'other', protocolVersion });
      closing.push(() => lastValueFrom(client.end()));
      return client;
    },
    forgive() {
      isForgiven = true;
    },
    async until(condition) {
      while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
    },
    async settle() {
      for (let i = 0; i < 3; i++) {
        await turn();
        await broker.settled();
      }
    },
  };
  return stage;
}
