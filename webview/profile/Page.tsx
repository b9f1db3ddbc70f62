/** The whole page: waiting, failed, or the profile. */
import { type VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Failure, Waiting } from '../components/Interim';
import { useRemembered } from '../components/useRemembered';
import { setTranslations, text } from '../strings';
import { Profile } from './Profile';
import { after, found, nothing, type ProfileWire, type Shown, untouched } from './state';

/** Asks the host for its state and shows whatever comes. */
export function Page({ wire }: { wire: ProfileWire }): VNode {
  const [shown, setShown] = useState<Shown>(nothing);
  const [remembered, remember] = useRemembered(wire, untouched);

  useEffect(() => {
    const stop = wire.listen((message) => {
      if ('translations' in message && message.translations) setTranslations(message.translations);
      setShown((known) => after(known, message));
    });
    wire.post({ type: 'ready' });
    return stop;
  }, [wire]);

  if (shown.error) return <Failure error={shown.error} title={text('modelFailed')} />;
  if (!shown.profile) return <Waiting />;
  return (
    <Profile
      shown={{ ...shown, profile: shown.profile }}
      wire={wire}
      remembered={remembered.current}
      remember={remember}
      onFound={() => setShown(found)}
    />
  );
}
