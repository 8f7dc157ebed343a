export interface PageRequest {
  limit: number
  /** Where the page before this one ended, as it said. */
  cursor?: string
}

export interface Page<T> {
  entries: T[]
  /** For the next page; `null` on the last. */
  nextCursor: string | null
  /**
   * Where the page has fewer entries than it may and is not the last: so far back was looked, in
   * milliseconds since 1970. Whoever goes on from the cursor sees what is older.
   */
  searchedTo?: number
}
