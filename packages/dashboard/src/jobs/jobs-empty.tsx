import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { client } from '../api/client.ts'
import type { LiveJobs } from '../live/use-job-list.ts'
import { Empty } from '../ui/states.tsx'
import { SearchReach } from './search-reach.tsx'

interface JobsEmptyProps {
  filter: string
  jobs: LiveJobs
  onClear: () => void
}

/** Nothing has ever run, nothing matches, or nothing was found so far: three different things to say. */
export function JobsEmpty({ filter, jobs, onClear }: JobsEmptyProps) {
  const { t } = useTranslation()
  const any = useQuery({
    queryKey: ['jobs', 'any'],
    queryFn: ({ signal }) => client.page({ limit: 1 }, { signal }),
    enabled: filter !== '',
  })
  if (jobs.list.searchedTo !== null) {
    return (
      <Empty title={t('jobs.noneSoFar')}>
        <span>{t('jobs.noneSoFarHint')}</span>
        <SearchReach jobs={jobs} />
      </Empty>
    )
  }
  if (filter !== '' && any.data?.items.length !== 0) {
    return (
      <Empty title={t('jobs.noMatch')}>
        <span>{t('jobs.noMatchHint')}</span>
        <Button variant="default" mt="xs" onClick={onClear}>
          {t('filter.clear')}
        </Button>
      </Empty>
    )
  }
  return (
    <Empty title={t('jobs.never')}>
      <span>{t('jobs.neverHint')}</span>
      <code className="mono">await backbeat.enqueue(task, input)</code>
    </Empty>
  )
}
