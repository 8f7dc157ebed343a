import { Button, SegmentedControl, Stack, Text, Title, useMantineColorScheme } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../api/client.ts'
import { signOut } from '../api/sign-out.ts'
import { formatBytes } from '../format/bytes.ts'
import { formatDuration } from '../format/duration.ts'
import { chooseLanguage, LANGUAGES, type Language } from '../i18n.ts'
import { SCHEMES } from '../shell/schemes.ts'
import { useMay, useSession } from '../ui/session.tsx'
import { Failure, Loading } from '../ui/states.tsx'
import { PasswordForm } from './password-form.tsx'
import { type ServerSetting, serverSettings } from './server-settings.ts'

export function SettingsScreen() {
  const { t } = useTranslation()
  return (
    <div className="page">
      <Title order={1} mb="sm">
        {t('pages.settings')}
      </Title>
      <Stack gap="sm">
        <div className="columns">
          <You />
          <Appearance />
        </div>
        <Server />
      </Stack>
    </div>
  )
}

function You() {
  const { t } = useTranslation()
  const session = useSession()
  const highest = session.permissions.at(-1)?.replace('background_tasks.', '') ?? 'none'
  return (
    <Section title={t('settings.you')}>
      <dl className="facts">
        <div>
          <dt>{t('users.name')}</dt>
          <dd>{session.name}</dd>
        </div>
        <div>
          <dt>{t('settings.may')}</dt>
          <dd>{t(`permission.${highest}`)}</dd>
        </div>
        {session.tasks && (
          <div>
            <dt>{t('tokens.tasks')}</dt>
            <dd className="mono">{session.tasks.join(', ')}</dd>
          </div>
        )}
      </dl>
      <Text size="sm" c="dimmed" my="sm">
        {t(`settings.known.${session.kind}`)}
      </Text>
      {session.kind === 'user' && <PasswordForm />}
      {session.can_sign_out && (
        <Button variant="default" mt="md" onClick={() => void signOut()}>
          {t('shell.signOut')}
        </Button>
      )}
    </Section>
  )
}

function Appearance() {
  const { t, i18n } = useTranslation()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <Section title={t('settings.appearance')}>
      <Stack gap="md">
        <div>
          <Text size="sm" fw={500} mb={4} id="settings-language">
            {t('shell.language')}
          </Text>
          <SegmentedControl
            aria-labelledby="settings-language"
            data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
            value={i18n.language}
            onChange={(language) => void chooseLanguage(language as Language)}
          />
        </div>
        <div>
          <Text size="sm" fw={500} mb={4} id="settings-colours">
            {t('shell.colours')}
          </Text>
          <SegmentedControl
            aria-labelledby="settings-colours"
            data={SCHEMES.map((value) => ({ value, label: t(`shell.scheme.${value}`) }))}
            value={colorScheme}
            onChange={(scheme) => setColorScheme(scheme as (typeof SCHEMES)[number])}
          />
        </div>
        <Text size="xs" c="dimmed">
          {t('settings.keptHere')}
        </Text>
      </Stack>
    </Section>
  )
}

function Server() {
  const { t, i18n } = useTranslation()
  const mayView = useMay('background_tasks.view')
  const query = useQuery({
    queryKey: ['settings'],
    queryFn: ({ signal }) => client.settings({ signal }),
    enabled: mayView,
  })
  if (!mayView) return null
  const write = ({ value, unit }: ServerSetting): ReactNode => {
    if (value === null) return <span className="muted">{t('settings.notSet')}</span>
    if (unit === 'duration') return formatDuration(Number(value), i18n.language)
    if (unit === 'bytes') return formatBytes(Number(value), i18n.language)
    return Array.isArray(value) ? value.join(', ') : String(value)
  }
  return (
    <Section title={t('settings.serverTitle')}>
      <Text size="sm" c="dimmed" mb="sm">
        {t('settings.readOnly')} <Link to="/queues">{t('settings.toQueues')}</Link> ·{' '}
        <Link to="/workers">{t('settings.toWorkers')}</Link>
      </Text>
      {query.data ? (
        <dl className="settings">
          {serverSettings(query.data).map((setting) => (
            <div key={setting.name}>
              <dt>{t(`settings.server.${setting.name}`, { defaultValue: setting.name })}</dt>
              <dd className="mono">{write(setting)}</dd>
              {setting.option !== null && <dd className="mono muted">{setting.option}</dd>}
            </div>
          ))}
        </dl>
      ) : query.error ? (
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <Loading />
      )}
    </Section>
  )
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="panel">
      <Title order={2}>{title}</Title>
      <div className="inside-panel">{children}</div>
    </section>
  )
}
