/** A user property: its name and its value. */
export type UserProperty = readonly [name: string, value: string];

/**
 * All properties of MQTT 5 (MQTT5 section 2.2.2.2), by their names in the standard. An absent one is `undefined`; what
 * that means the standard says for each. Durations are seconds.
 */
export interface AllProperties {
  /** 0 bytes, 1 text in UTF-8. */
  readonly payloadFormatIndicator?: 0 | 1 | undefined;
  readonly messageExpiryInterval?: number | undefined;
  readonly contentType?: string | undefined;
  /** A topic name: it is sent without wildcards [MQTT5-3.3.2-14]. One that came may be any text. */
  readonly responseTopic?: string | undefined;
  readonly correlationData?: Uint8Array | undefined;
  /** Of a SUBSCRIBE: 1 to 268,435,455. */
  readonly subscriptionIdentifier?: number | undefined;
  /** Of a PUBLISH: those of all subscriptions that it comes from, in the order received. */
  readonly subscriptionIdentifiers?: readonly number[] | undefined;
  /** 4,294,967,295 means never. */
  readonly sessionExpiryInterval?: number | undefined;
  readonly assignedClientIdentifier?: string | undefined;
  readonly serverKeepAlive?: number | undefined;
  readonly authenticationMethod?: string | undefined;
  /** Only together with an authentication method. */
  readonly authenticationData?: Uint8Array | undefined;
  readonly requestProblemInformation?: boolean | undefined;
  readonly willDelayInterval?: number | undefined;
  readonly requestResponseInformation?: boolean | undefined;
  readonly responseInformation?: string | undefined;
  readonly serverReference?: string | undefined;
  readonly reasonString?: string | undefined;
  /** 1 to 65,535. */
  readonly receiveMaximum?: number | undefined;
  readonly topicAliasMaximum?: number | undefined;
  /** 1 to 65,535. What it stands for is the connection's to know. */
  readonly topicAlias?: number | undefined;
  readonly maximumQoS?: 0 | 1 | undefined;
  readonly retainAvailable?: boolean | undefined;
  /** Order and duplicates are kept. */
  readonly userProperties?: readonly UserProperty[] | undefined;
  /** Bytes, 1 to 4,294,967,295. */
  readonly maximumPacketSize?: number | undefined;
  readonly wildcardSubscriptionAvailable?: boolean | undefined;
  readonly subscriptionIdentifiersAvailable?: boolean | undefined;
  readonly sharedSubscriptionAvailable?: boolean | undefined;
}

/** Properties of a message, in a PUBLISH and in a will. */
type MessageProperty =
  | 'payloadFormatIndicator'
  | 'messageExpiryInterval'
  | 'contentType'
  | 'responseTopic'
  | 'correlationData'
  | 'userProperties';

/** Properties of the will in a CONNECT. */
export type WillProperties = Pick<AllProperties, MessageProperty | 'willDelayInterval'>;

/** Properties of CONNECT. */
export type ConnectProperties = Pick<
  AllProperties,
  | 'sessionExpiryInterval'
  | 'authenticationMethod'
  | 'authenticationData'
  | 'requestProblemInformation'
  | 'requestResponseInformation'
  | 'receiveMaximum'
  | 'topicAliasMaximum'
  | 'userProperties'
  | 'maximumPacketSize'
>;

/** Properties of CONNACK. */
export type ConnackProperties = Pick<
  AllProperties,
  | 'sessionExpiryInterval'
  | 'assignedClientIdentifier'
  | 'serverKeepAlive'
  | 'authenticationMethod'
  | 'authenticationData'
  | 'responseInformation'
  | 'serverReference'
  | 'reasonString'
  | 'receiveMaximum'
  | 'topicAliasMaximum'
  | 'maximumQoS'
  | 'retainAvailable'
  | 'userProperties'
  | 'maximumPacketSize'
  | 'wildcardSubscriptionAvailable'
  | 'subscriptionIdentifiersAvailable'
  | 'sharedSubscriptionAvailable'
>;

/** Properties of PUBLISH. */
export type PublishProperties = Pick<AllProperties, MessageProperty | 'subscriptionIdentifiers' | 'topicAlias'>;

/** Properties of PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK and UNSUBACK. */
export type AcknowledgementProperties = Pick<AllProperties, 'reasonString' | 'userProperties'>;

/** Properties of SUBSCRIBE. */
export type SubscribeProperties = Pick<AllProperties, 'subscriptionIdentifier' | 'userProperties'>;

/** Properties of UNSUBSCRIBE. */
export type UnsubscribeProperties = Pick<AllProperties, 'userProperties'>;

/** Properties of DISCONNECT. */
export type DisconnectProperties = Pick<
  AllProperties,
  'sessionExpiryInterval' | 'serverReference' | 'reasonString' | 'userProperties'
>;

/** Properties of AUTH. */
export type AuthProperties = Pick<
  AllProperties,
  'authenticationMethod' | 'authenticationData' | 'reasonString' | 'userProperties'
>;

/** The properties by where they stand: in a packet, or with its will. */
export interface PropertiesOf {
  readonly will: WillProperties;
  readonly connect: ConnectProperties;
  readonly connack: ConnackProperties;
  readonly publish: PublishProperties;
  readonly puback: AcknowledgementProperties;
  readonly pubrec: AcknowledgementProperties;
  readonly pubrel: AcknowledgementProperties;
  readonly pubcomp: AcknowledgementProperties;
  readonly subscribe: SubscribeProperties;
  readonly suback: AcknowledgementProperties;
  readonly unsubscribe: UnsubscribeProperties;
  readonly unsuback: AcknowledgementProperties;
  readonly disconnect: DisconnectProperties;
  readonly auth: AuthProperties;
}

/** Where properties stand. */
export type PropertyPlace = keyof PropertiesOf;
