import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { client } from '../api/client.ts'
import { Empty } from '../ui/states.tsx'

/** Nothing has ever run, or nothing matches: two different things to say. */
export function JobsEmpty({ filter, onClear }: { filter: string; onClear: () => void }) {
  const { t } = useTranslation()
  const any = useQuery({
    queryKey: ['jobs', 'any'],
    queryFn: ({ signal }) => client.page({ limit: 1 }, { signal }),
    enabled: filter !== '',
  })
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
