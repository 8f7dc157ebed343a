import type { BackbeatError } from '../errors.ts'

/** Aborts one attempt. Its signal is made when someone first asks for it, which short tasks hardly do. */
export class AttemptAbort {
  #controller: AbortController | undefined
  #reason: BackbeatError | undefined

  /** Why it was aborted; `undefined` while it was not. The first reason counts. */
  get reason(): BackbeatError | undefined {
    return this.#reason
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.#reason) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  abort(reason: BackbeatError): void {
    this.#reason ??= reason
    this.#controller?.abort(reason)
  }

  throwIfAborted(): void {
    if (this.#reason) throw this.#reason
  }
}
