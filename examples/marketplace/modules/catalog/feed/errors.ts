import { BackbeatError, TransientError } from 'backbeat'

/** A feed that cannot be imported however often it is tried: missing, unreadable, not a CSV. */
export class FeedError extends BackbeatError {
  override readonly name = 'FeedError'
}

/** A fault on the way to the feed that may pass by itself. */
export class NetworkError extends TransientError {
  override readonly name = 'NetworkError'
  readonly code = 'network_error'
}

/** One row that cannot be imported. Its message names the line; the other rows go on. */
export class RowError extends Error {
  override readonly name = 'RowError'

  constructor(line: number, fault: string) {
    super(`line ${line}: ${fault}`)
  }
}
