import { Button } from '@mantine/core'
import type { JobDetail } from 'backbeat/client'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNow } from '../live/now.ts'
import { Dot } from '../ui/status.tsx'
import { Ago, Duration } from '../ui/time.tsx'
import { folded, type Moment, momentsOf } from './moments.ts'

/** What happened to a job, and how long each part took. */
export function Timeline({ job }: { job: JobDetail }) {
  const { t } = useTranslation()
  const [isWhole, setWhole] = useState(false)
  const moments = momentsOf(job, useNow())
  const { head, hidden, tail } = folded(moments, isWhole ? { most: Infinity } : {})
  return (
    <>
      <ol className="timeline">
        {head.map((moment) => (
          <Point key={moment.index} moment={moment} />
        ))}
        {hidden > 0 && (
          <li>
            <Dot tone="gray" />
            <Button variant="subtle" size="compact-xs" onClick={() => setWhole(true)}>
              {t('job.moreMoments', { count: hidden })}
            </Button>
          </li>
        )}
        {tail.map((moment) => (
          <Point key={moment.index} moment={moment} />
        ))}
      </ol>
      {isWhole && (
        <Button variant="subtle" color="gray" size="compact-xs" mt={8} onClick={() => setWhole(false)}>
          {t('job.fewerMoments')}
        </Button>
      )}
    </>
  )
}

function Point({ moment: { label, at, tone, after } }: { moment: Moment }) {
  const { t } = useTranslation()
  return (
    <li>
      <Dot tone={tone} />
      <div>{t(`timeline.${label}`, { defaultValue: t(`status.${label}`) })}</div>
      <div className="muted moment-time">
        <Ago at={at} />
        {after !== null && (
          <>
            {' · +'}
            <Duration ms={after} />
          </>
        )}
      </div>
    </li>
  )
}
