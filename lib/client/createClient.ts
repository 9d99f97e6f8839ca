import { InvalidOptionsError } from '../errors.js';
import { textFailure } from '../packet/utf8.js';
import { checkOption } from '../stream/checkOption.js';
import { type ClientOptions } from './ClientOptions.js';
import { MqttClient } from './MqttClient.js';
import { resolveOptions } from './resolveOptions.js';
import { type Schemes, type ServerOption, servers } from '../connection/serverAddress.js';

/** Makes a client of a server and options, or of options with a server. */
export interface CreateClient {
  (server: ServerOption, options?: Omit<ClientOptions, 'server'>): MqttClient;
  (options: ClientOptions): MqttClient;
}

/**
 * Makes `createClient` for the transports that an environment has.
 * @param schemes the transport for each URL scheme
 */
export function createClientWith(schemes: Schemes): CreateClient {
  return (first: ServerOption | ClientOptions, rest?: Omit<ClientOptions, 'server'>) => {
    checkOption(!rest || typeof rest === 'object', 'options', 'an object', typeof rest);
    const lack = textFailure();
    if (lack !== undefined) throw new InvalidOptionsError('platform', lack);
    const isAll = isOptions(first);
    const { server } = isAll ? first : { server: first };
    const given = isAll ? first : (rest ?? {});
    const options = resolveOptions(given, server, Math.random);
    checkOption(!isAll || !rest, 'options', 'all of them in one object with the server', 'a second one');
    return new MqttClient(options, servers(server, schemes, given));
  };
}

function isOptions(value: ServerOption | ClientOptions | null): value is ClientOptions {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !('subscribe' in value) &&
    !('href' in value)
  );
}
