class Node<V> {
  /** By level, `+` and `#` among them: no level of a topic name contains these. Made when needed: most nodes are leaves. */
  children: Map<string, Node<V>> | undefined;
  /** The value of the filter that ends here. */
  value: V | undefined;

  constructor(
    readonly level: string,
    readonly parent?: Node<V>,
  ) {}
}

/**
 * A map from topic filter to value that is asked by topic: a trie with a node per level. It is made for filters with
 * wildcards; of the others a `Map` knows more, faster. Knows nothing of `$share`. Filters must be valid.
 *
 * Nothing here recurses: a filter of 65,535 levels is as good as any.
 */
export class WildcardTrie<V extends object> {
  readonly #root = new Node<V>('');
  #nodeCount = 0;

  /** The nodes held, the root not counted: 0 exactly when there is no filter. */
  get nodeCount(): number {
    return this.#nodeCount;
  }

  get isEmpty(): boolean {
    return this.#nodeCount === 0;
  }

  get(filter: string): V | undefined {
    return this.#find(filter)?.value;
  }

  set(filter: string, value: V): void {
    let node = this.#root;
    for (const level of filter.split('/')) {
      const children = (node.children ??= new Map<string, Node<V>>());
      let next = children.get(level);
      if (!next) {
        children.set(level, (next = new Node(level, node)));
        this.#nodeCount++;
      }
      node = next;
    }
    node.value = value;
  }

  /** Forgets a filter and the nodes that only it needed. */
  delete(filter: string): void {
    let node = this.#find(filter);
    if (node) node.value = undefined;
    while (node?.parent && node.value === undefined && !node.children?.size) {
      node.parent.children!.delete(node.level);
      node = node.parent;
      this.#nodeCount--;
    }
  }

  /**
   * The values of all filters that match a topic, in no particular order, as a new array.
   *
   * The nodes that match the levels seen so far advance together, one level at a time. A node has one parent, so each
   * is met at most once, however many `+` there are; and the walk ends with the last node, so a topic of 65,535 levels
   * costs no more than the filters are deep.
   */
  match(topic: string): V[] {
    const found: V[] = [];
    const find = (node: Node<V> | undefined) => node?.value !== undefined && found.push(node.value);
    // A wildcard at the front does not match a topic that begins with `$` [MQTT-4.7.2-1].
    let wild = !topic.startsWith('$');
    let nodes = [this.#root];
    for (let start = 0; nodes.length > 0 && start <= topic.length; wild = true) {
      const slash = topic.indexOf('/', start);
      const end = slash < 0 ? topic.length : slash;
      const level = topic.slice(start, end);
      const next: Node<V>[] = [];
      for (const { children } of nodes) {
        const child = children?.get(level);
        if (child) next.push(child);
        const plus = wild && children?.get('+');
        if (plus) next.push(plus);
        if (wild) find(children?.get('#'));
      }
      nodes = next;
      start = end + 1;
    }
    for (const node of nodes) {
      find(node);
      // `#` also stands for the level above it: `sport/#` matches `sport`.
      find(node.children?.get('#'));
    }
    return found;
  }

  #find(filter: string): Node<V> | undefined {
    let node: Node<V> | undefined = this.#root;
    for (const level of filter.split('/')) node = node?.children?.get(level);
    return node;
  }
}
