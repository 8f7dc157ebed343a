export interface PageRequest {
  limit: number
  /** Where the page before this one ended, as it said. */
  cursor?: string
}

export interface Page<T> {
  entries: T[]
  /** For the next page; `null` on the last. */
  nextCursor: string | null
}
