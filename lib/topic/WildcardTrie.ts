class Node<V> {
  /**
   * By level. `+` and `#` are keys like any other, since no level of a topic name contains them. Made for the first
   * child: most nodes have none.
   */
  children: Map<string, Node<V>> | undefined;
  /** The value of the filter that ends here. */
  value: V | undefined;

  constructor(
    readonly level: string,
    readonly parent?: Node<V>,
  ) {}
}

/**
 * A map from topic filters to values that finds values by topic name: a trie with one node per level. It takes any
 * filter, but a `Map` is faster for filters without wildcards. Filters must be valid and have no prefix.
 *
 * Nothing here is recursive, so filters may have 65,535 levels.
 */
export class WildcardTrie<V extends object> {
  readonly #root = new Node<V>('');
  #nodeCount = 0;

  /** The number of nodes without the root: 0 exactly when there is no filter. */
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

  /** Removes a filter, and the nodes that only it needed. */
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
   * The loop keeps all nodes that match the levels so far, and moves on one level at a time. Each node has one parent,
   * so it is visited at most once, however many `+` there are. The loop ends when no node is left, so the levels of a
   * long topic beyond the deepest filter cost nothing.
   */
  match(topic: string): V[] {
    const found: V[] = [];
    const collect = (node: Node<V> | undefined) => node?.value !== undefined && found.push(node.value);
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
        if (wild) collect(children?.get('#'));
      }
      nodes = next;
      start = end + 1;
    }
    for (const node of nodes) {
      collect(node);
      // `#` includes the parent level: `sport/#` matches `sport`.
      collect(node.children?.get('#'));
    }
    return found;
  }

  #find(filter: string): Node<V> | undefined {
    let node: Node<V> | undefined = this.#root;
    for (const level of filter.split('/')) node = node?.children?.get(level);
    return node;
  }
}
