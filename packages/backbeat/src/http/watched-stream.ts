import type { Clock, Timer } from '../clock.ts'

/** So long a stream goes on for somebody who is not known any more. */
const INTERVAL_MS = 60_000

/** Whether an answer goes on for as long as its reader wants. */
export function isEndless(response: Response): boolean {
  return response.headers.get('content-type')?.startsWith('text/event-stream') === true && response.body !== null
}

/**
 * An endless answer that ends soon after its reader has lost the right to it. A browser then connects
 * again, and is asked anew who it is.
 *
 * @param isStillAllowed asked once a minute; where it fails, the stream ends
 */
export function watchedStream(response: Response, isStillAllowed: () => Promise<boolean>, clock: Clock): Response {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  let timer: Timer | undefined
  let isOver = false
  const end = () => {
    isOver = true
    timer?.cancel()
  }
  const lookLater = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    timer = clock.setTimer(async () => {
      const isAllowed = await isStillAllowed().catch(() => false)
      if (isOver) return
      if (isAllowed) return lookLater(controller)
      end()
      controller.close()
      await reader.cancel().catch(() => {})
    }, INTERVAL_MS)
  }
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        // Not before: nobody reads what HEAD is answered, and nobody says that it is over.
        if (!timer) lookLater(controller)
        const { done, value } = await reader.read()
        if (isOver) return
        if (!done) return controller.enqueue(value)
        end()
        controller.close()
      },
      cancel(reason) {
        end()
        return reader.cancel(reason)
      },
    },
    // What is read ahead here would hide from the source that its reader is slow.
    { highWaterMark: 0 },
  )
  return new Response(body, response)
}
