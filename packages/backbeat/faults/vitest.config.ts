import { defineConfig } from 'vitest/config'
import { ClosingLineReporter } from '../../../scripts/closing-line-reporter.ts'
import { TableReporter } from './table-reporter.ts'

export default defineConfig({
  root: import.meta.dirname,
  resolve: { conditions: ['backbeat-source'] },
  ssr: { resolve: { conditions: ['backbeat-source'] } },
  test: {
    include: ['*.fault.test.ts', 'model.test.ts'],
    execArgv: ['--conditions=backbeat-source', '--disable-warning=ExperimentalWarning'],
    reporters: ['default', new TableReporter(), new ClosingLineReporter()],
    // Each test has processes of its own, and wants the machine for itself.
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 60_000,
  },
})
