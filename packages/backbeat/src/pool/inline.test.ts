import { loadApplication } from '../application.ts'
import { systemClock } from '../clock.ts'
import { createPoolApplication } from './conformance/application.conformance.ts'
import { InlinePool } from './inline.ts'
import { describePool } from './pool.conformance.ts'

describePool(
  'the inline pool',
  (module) => {
    const journal = new URL(module).searchParams.get('journal')
    return new InlinePool(
      async () =>
        (journal ? createPoolApplication(journal) : await loadApplication(module)).open(systemClock, () =>
          Promise.reject(new Error('none here')),
        ),
      (opened) => opened.close(),
    )
  },
  { isApart: false },
)
