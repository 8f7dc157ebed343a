import { Alert, Button, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, messageOf } from '../api/client.ts'
import { Logo } from './logo.tsx'
import { Preferences } from './preferences.tsx'

export function SignIn({ onDone }: { onDone: () => Promise<unknown> }) {
  const { t } = useTranslation()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [problem, setProblem] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    setProblem(null)
    try {
      await client.access.signIn({ name, password })
      await onDone()
    } catch (error) {
      setProblem(messageOf(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <Stack component="main" mih="100dvh" align="center" justify="center" p="md" gap="lg">
      <Paper component="form" withBorder p="xl" w="100%" maw={360} onSubmit={submit}>
        <Stack>
          <Logo />
          <div>
            <Title order={1}>{t('signIn.title')}</Title>
            <Text size="sm" c="dimmed" mt={4}>
              {t('signIn.hint')}
            </Text>
          </div>
          {problem !== null && (
            <Alert color="red" variant="light" role="alert" p="xs">
              {problem}
            </Alert>
          )}
          <TextInput
            label={t('signIn.name')}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            autoComplete="username"
            required
            withAsterisk={false}
            data-autofocus
          />
          <PasswordInput
            label={t('signIn.password')}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            autoComplete="current-password"
            required
            withAsterisk={false}
            visibilityToggleButtonProps={{ 'aria-label': t('signIn.show') }}
          />
          <Button type="submit" size="sm" loading={isBusy}>
            {t('signIn.submit')}
          </Button>
        </Stack>
      </Paper>
      <Preferences />
    </Stack>
  )
}
