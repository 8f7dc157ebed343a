import { Button } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

export function Copy({ text, label }: { text: string; label: string }) {
  const { t } = useTranslation()
  const clipboard = useClipboard()
  return (
    <Button
      variant="subtle"
      color="gray"
      size="compact-xs"
      leftSection={clipboard.copied ? <IconCheck size={13} /> : <IconCopy size={13} />}
      onClick={() => clipboard.copy(text)}
    >
      {clipboard.copied ? t('copied') : label}
    </Button>
  )
}
