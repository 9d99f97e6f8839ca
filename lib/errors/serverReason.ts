/** What comes of a server reference, where `followServerReference` is asked for. */
export interface Referral {
  /** Whether the next attempt goes there. */
  readonly isFollowed: boolean;
  /** Why not. */
  readonly why?: string;
}

/** What an MQTT 5 server says beside a reason code. */
export interface ServerReason {
  /** What the standard calls the reason code. */
  readonly reasonName?: string | undefined;
  /** A text for people, for diagnosis only. */
  readonly reasonString?: string | undefined;
  readonly userProperties?: readonly (readonly [name: string, value: string])[] | undefined;
}

/** The same of a server that names another one. */
export interface ServerReasonElsewhere extends ServerReason {
  /** Where to connect instead: host names, with ports or without, separated by spaces (MQTT5 section 4.11). */
  readonly serverReference?: string | undefined;
  readonly referral?: Referral | undefined;
}

/** A reason code and what the server said, for a message. */
export function reasonText(reasonCode: number, { reasonName, reasonString, referral }: ServerReasonElsewhere): string {
  const code = `reason code 0x${reasonCode.toString(16).padStart(2, '0')}`;
  const named = reasonName === undefined ? code : `${reasonName}, ${code}`;
  const said = reasonString === undefined ? named : `${named}: ${reasonString}`;
  return referral?.why === undefined ? said : `${said}; no other server is tried: ${referral.why}`;
}
