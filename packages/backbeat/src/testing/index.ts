export { ManualClock } from './manual-clock.ts'
export { createTestBackbeat, TestBackbeat, type TestBackbeatOptions } from './test-backbeat.ts'
