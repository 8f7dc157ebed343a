/** Gathers the messages of one turn of the event loop, so that they cross over together. */
export class Outbox<Message> {
  readonly #deliver: (messages: Message[]) => void
  #waiting: Message[] = []

  constructor(deliver: (messages: Message[]) => void) {
    this.#deliver = deliver
  }

  push(message: Message): void {
    if (this.#waiting.push(message) === 1) setImmediate(() => this.flush())
  }

  /** Delivers at once; for what must not wait for an event loop that may be blocked next. */
  flush(): void {
    if (this.#waiting.length === 0) return
    const messages = this.#waiting
    this.#waiting = []
    this.#deliver(messages)
  }
}
