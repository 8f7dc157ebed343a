import { defineConfig } from 'vitest/config'
import { ClosingLineReporter } from './scripts/closing-line-reporter.ts'

/**
 * It ends threads by the dozen, and crashed its process on a busy machine until the pool of threads set a flag of
 * V8's (docs/decisions/0018-threads-call-webassembly-through-the-generic-wrapper.md). It stays alone until that has
 * held for a while.
 */
const ALONE = 'packages/backbeat/src/pool/thread.test.ts'
const INCLUDED = ['packages/*/src/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'examples/**/*.test.ts']

export default defineConfig({
  resolve: { conditions: ['backbeat-source'] },
  ssr: { resolve: { conditions: ['backbeat-source'] } },
  test: {
    execArgv: ['--conditions=backbeat-source', '--disable-warning=ExperimentalWarning'],
    globalSetup: ['packages/backbeat/test/postgres-server.ts'],
    reporters: ['default', new ClosingLineReporter()],
    // What nobody has configured is tested too.
    env: { BACKBEAT_ADMIN_TOKEN: '' },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'side by side',
          include: INCLUDED,
          exclude: ['**/node_modules/**', ALONE],
          sequence: { groupOrder: 0 },
        },
      },
      { extends: true, test: { name: 'alone', include: [ALONE], sequence: { groupOrder: 1 } } },
    ],
  },
})
