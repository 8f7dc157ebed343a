import { Modal } from '@mantine/core'
import { useTranslation } from 'react-i18next'

const KEYS = ['⌘K', '/', 'J', 'K', 'Enter', 'X', 'R', 'C', 'P', '?'] as const

export function Keys({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation()
  return (
    <Modal opened={isOpen} onClose={onClose} title={t('keys.title')} closeButtonProps={{ 'aria-label': t('close') }}>
      <table className="data">
        <tbody>
          {KEYS.map((key) => (
            <tr key={key}>
              <td>
                <kbd className="kbd">{key}</kbd>
              </td>
              <td>{t(`keys.${key}`)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Modal>
  )
}
