import type { Reporter, SerializedError, TestModule, TestRunEndReason, Vitest } from 'vitest/node'

/** How long Vitest may take to exit once the last test is over. */
const EXIT_LIMIT_MS = 30_000

interface Tally {
  passed: number
  failed: number
  skipped: number
}

/**
 * Ends the output with one plain line, `N passed, N failed, N skipped`, for people and scripts that
 * read only that. Whatever makes the run fail is counted: files that do not load, hooks that throw,
 * errors that nothing caught, tests that were cut short, and what keeps the run from ending. A run
 * in which nothing ran fails.
 */
export class ClosingLineReporter implements Reporter {
  #tally: Tally = { passed: 0, failed: 0, skipped: 0 }
  #watches = false

  onInit(vitest: Vitest): void {
    this.#watches = vitest.config.watch
    // At exit, because Vitest still has things to say when the last test is over.
    process.once('exit', () => {
      const { passed, failed, skipped } = this.#tally
      if (failed > 0 || passed === 0) process.exitCode ||= 1
      process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`)
    })
  }

  onTestRunEnd(
    modules: readonly TestModule[],
    unhandledErrors: readonly SerializedError[],
    reason: TestRunEndReason,
  ): void {
    const tally = { passed: 0, failed: unhandledErrors.length, skipped: 0 }
    for (const module of modules) count(module, tally)
    if (reason !== 'passed' && tally.failed === 0) tally.failed = 1
    this.#tally = tally
    if (!this.#watches) setTimeout(() => this.#giveUp(), EXIT_LIMIT_MS).unref()
  }

  /** Vitest waits for as long as a process that a test left behind holds the output open. */
  #giveUp(): void {
    console.error('The tests are over, but something that they started still runs. Stop it at the end of its test.')
    this.#tally.failed += 1
    process.exit(1)
  }
}

function count(module: TestModule, tally: Tally): void {
  const state = module.state()
  const neverRan = state === 'queued' || state === 'pending'
  if (neverRan || module.errors().length > 0) tally.failed += 1
  for (const suite of module.children.allSuites()) {
    if (suite.errors().length > 0) tally.failed += 1
  }
  for (const test of module.children.allTests()) {
    const { state } = test.result()
    tally[state === 'pending' ? 'failed' : state] += 1
  }
}
