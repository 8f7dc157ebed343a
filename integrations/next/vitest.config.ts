import { defineConfig } from 'vitest/config'
import { ClosingLineReporter } from '../../scripts/closing-line-reporter.ts'

export default defineConfig({
  root: import.meta.dirname,
  test: {
    include: ['*.test.ts'],
    reporters: ['default', new ClosingLineReporter()],
    testTimeout: 30_000,
    hookTimeout: 90_000,
  },
})
