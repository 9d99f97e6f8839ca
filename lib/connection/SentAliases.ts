/** A topic alias for a PUBLISH, and whether the server knows already what it stands for. */
export interface SentAlias {
  readonly alias: number;
  readonly isKnown: boolean;
}

/**
 * The topic aliases of a connection towards the server (MQTT5 section 3.3.2.3.4). They are given to the topics that were
 * used most recently: when all are given, the one that was not used for longest is given to the new topic.
 */
export class SentAliases {
  /** By topic, the one that was not used for longest first. */
  private readonly aliases = new Map<string, number>();
  /** The topic that was used last, and its alias: it stands at the end already, and a Map is dear to reorder. */
  private lastTopic = '';
  private lastSent: SentAlias = { alias: 0, isKnown: false };

  /** @param maximum how many there may be: what the server allows, and this client wants [MQTT5-3.2.2-18] */
  constructor(private readonly maximum: number) {}

  /** Whether the server knows an alias for a topic. */
  has(topic: string): boolean {
    return this.aliases.has(topic);
  }

  /** The alias for a topic. The caller writes the PUBLISH with it, and with the topic name unless it is known. */
  use(topic: string): SentAlias {
    if (topic === this.lastTopic) return this.lastSent;
    const { aliases, maximum } = this;
    const known = aliases.get(topic);
    if (known !== undefined) aliases.delete(topic);
    const alias = known ?? (aliases.size < maximum ? aliases.size + 1 : this.oldest());
    aliases.set(topic, alias);
    this.lastTopic = topic;
    this.lastSent = { alias, isKnown: true };
    return { alias, isKnown: known !== undefined };
  }

  /** Takes the alias that was not used for longest from its topic. */
  private oldest(): number {
    const [[topic, alias]] = this.aliases as unknown as [[string, number]];
    this.aliases.delete(topic);
    return alias;
  }
}
