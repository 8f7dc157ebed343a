import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Empty } from '../ui/states.tsx'

export function NotFound() {
  const { t } = useTranslation()
  return (
    <Empty title={t('state.notFound')}>
      <Link to="/jobs">{t('state.toJobs')}</Link>
    </Empty>
  )
}
