class Node<V> {
  /** By literal level. Made when needed: most nodes are leaves. */
  children: Map<string, Node<V>> | undefined;
  /** `+` below this node. Not a key of `children`: a level of a topic must never find it by its text. */
  plus: Node<V> | undefined;
  /** The value of the filter that ends in this node. */
  here: V | undefined;
  /** The value of the filter that ends in `#` below this node. */
  rest: V | undefined;

  child(level: string): Node<V> | undefined {
    return level === '+' ? this.plus : this.children?.get(level);
  }

  adopt(level: string, node: Node<V>): void {
    if (level === '+') this.plus = node;
    else (this.children ??= new Map<string, Node<V>>()).set(level, node);
  }

  abandon(level: string): void {
    if (level === '+') this.plus = undefined;
    else if (this.children?.delete(level) && this.children.size === 0) this.children = undefined;
  }

  get isEmpty(): boolean {
    return !this.children && !this.plus && this.here === undefined && this.rest === undefined;
  }
}

/**
 * A map from topic filter to value that is asked by topic: a trie with a node per level. It is made for filters with
 * wildcards; of the others a `Map` knows more, faster. Knows nothing of `$share`. Filters must be valid.
 *
 * Nothing here recurses: a filter of 65,535 levels is as good as any.
 */
export class WildcardTrie<V extends object> {
  readonly #root = new Node<V>();
  #nodeCount = 0;

  /** The nodes held, a `#` counting as one and the root not: 0 exactly when there is no filter. */
  get nodeCount(): number {
    return this.#nodeCount;
  }

  get isEmpty(): boolean {
    return this.#root.isEmpty;
  }

  get(filter: string): V | undefined {
    let node: Node<V> | undefined = this.#root;
    for (const level of filter.split('/')) {
      if (level === '#') return node.rest;
      node = node.child(level);
      if (!node) return undefined;
    }
    return node.here;
  }

  set(filter: string, value: V): void {
    let node = this.#root;
    for (const level of filter.split('/')) {
      if (level === '#') {
        if (node.rest === undefined) this.#nodeCount++;
        node.rest = value;
        return;
      }
      let next = node.child(level);
      if (!next) {
        next = new Node<V>();
        node.adopt(level, next);
        this.#nodeCount++;
      }
      node = next;
    }
    node.here = value;
  }

  /** Forgets a filter and the nodes that only it needed. */
  delete(filter: string): void {
    const levels = filter.split('/');
    const path = [this.#root];
    for (const level of levels) {
      const node = path.at(-1)!;
      if (level === '#') {
        if (node.rest === undefined) return;
        node.rest = undefined;
        this.#nodeCount--;
        break;
      }
      const next = node.child(level);
      if (!next) return;
      path.push(next);
    }
    if (path.length > levels.length) path.at(-1)!.here = undefined;
    for (let depth = path.length - 1; depth > 0 && path[depth]!.isEmpty; depth--) {
      path[depth - 1]!.abandon(levels[depth - 1]!);
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
    let nodes = [this.#root];
    let start = 0;
    while (nodes.length > 0 && start <= topic.length) {
      const slash = topic.indexOf('/', start);
      const end = slash < 0 ? topic.length : slash;
      nodes = advance(nodes, topic, start, end, found);
      start = end + 1;
    }
    for (const { here, rest } of nodes) {
      if (here !== undefined) found.push(here);
      // `#` also stands for the level above it: `sport/#` matches `sport`.
      if (rest !== undefined) found.push(rest);
    }
    return found;
  }
}

/** The nodes one level further, where that level is `topic.slice(start, end)`; it is cut out only if a node asks. */
function advance<V>(nodes: readonly Node<V>[], topic: string, start: number, end: number, found: V[]): Node<V>[] {
  const next: Node<V>[] = [];
  // A wildcard at the front does not match a topic that begins with `$` [MQTT-4.7.2-1].
  const wild = start > 0 || !topic.startsWith('$');
  let level: string | undefined;
  for (const { children, plus, rest } of nodes) {
    const child = children?.get((level ??= topic.slice(start, end)));
    if (child) next.push(child);
    if (wild && plus) next.push(plus);
    if (wild && rest !== undefined) found.push(rest);
  }
  return next;
}
