import { ByteReader } from './ByteReader.js';
import { ByteWriter } from './ByteWriter.js';
import type { PublishProperties } from './PacketProperties.js';
import { PayloadMemory } from './PayloadMemory.js';
import { readProperties, writeProperties } from './properties.js';

/** The properties of a PUBLISH as bytes, as they stand in the packet: for what keeps messages elsewhere. */
export function propertiesToBytes(properties: PublishProperties): Uint8Array {
  const writer = new ByteWriter();
  writer.begin(0);
  writeProperties(writer, properties, 'publish', 5);
  writer.finish(0);
  return writer.take();
}

/** The properties in such bytes. @throws {ProtocolError} they are not of a PUBLISH */
export function propertiesFromBytes(bytes: Uint8Array): PublishProperties | undefined {
  const reader = new ByteReader(new PayloadMemory());
  reader.open(bytes, 0, bytes.length);
  const properties = readProperties(reader, 'publish', 5);
  reader.checkEnd('properties');
  return properties;
}
