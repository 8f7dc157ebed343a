import { defineConfig } from 'vitest/config'
import { ClosingLineReporter } from './scripts/closing-line-reporter.ts'

export default defineConfig({
  resolve: { conditions: ['backbeat-source'] },
  ssr: { resolve: { conditions: ['backbeat-source'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'examples/**/*.test.ts'],
    execArgv: ['--conditions=backbeat-source', '--disable-warning=ExperimentalWarning'],
    globalSetup: ['packages/backbeat/test/postgres-server.ts'],
    reporters: ['default', new ClosingLineReporter()],
    // What nobody has configured is tested too.
    env: { BACKBEAT_ADMIN_TOKEN: '' },
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
