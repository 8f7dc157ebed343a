import type { Reporter, TestModule } from 'vitest/node'
import { merge, tableOf } from './report.ts'

/** Prints what each fault came to, once all have been tried. */
export class TableReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const rows = merge(tests.flatMap((test) => test.meta().faults ?? []))
    if (rows.length > 0) process.stdout.write(`\n${tableOf(rows)}\n\n`)
  }
}
