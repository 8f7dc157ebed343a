import { Button, Loader } from '@mantine/core'
import { Trans, useTranslation } from 'react-i18next'
import type { LiveJobs } from '../live/use-job-list.ts'
import { Moment } from '../ui/time.tsx'

/** How far back a search has looked that did not look at everything, and the way on. */
export function SearchReach({ jobs }: { jobs: LiveJobs }) {
  const { t } = useTranslation()
  const { list, isLooking } = jobs
  if (list.searchedTo === null) return null
  return (
    <>
      {/* Told when it stops, and not with every page. */}
      <span role="status" aria-busy={isLooking} className="reach">
        {isLooking && <Loader size={14} color="gray" aria-hidden />}
        <span>
          <Trans
            i18nKey={isLooking ? 'jobs.lookingBack' : 'jobs.lookedBack'}
            components={{ time: <Moment at={list.searchedTo} /> }}
          />
        </span>
      </span>
      {isLooking ? (
        <Button variant="default" size="compact-sm" onClick={jobs.stopLooking}>
          {t('jobs.stopLooking')}
        </Button>
      ) : (
        <Button variant="default" size="compact-sm" onClick={jobs.lookFurther}>
          {t('jobs.lookFurther')}
        </Button>
      )}
    </>
  )
}
