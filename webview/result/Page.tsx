/** The whole page in its four states: waiting, working, failed, and the result. */
import { type VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { type ResultState } from '../../src/protocol/webview';
import { Failure, Progress, Waiting } from '../components/Interim';
import { useRemembered } from '../components/useRemembered';
import { setTranslations, text } from '../strings';
import { Result } from './Result';
import { type ResultWire, type Shown, shownBy, untouched } from './state';

/** Asks the host for its state and shows whatever comes. */
export function Page({ wire }: { wire: ResultWire }): VNode {
  const [shown, setShown] = useState<Shown>({ kind: 'waiting' });
  // A new report takes the place of the old one, and none of its sorting and scrolling.
  const [serial, setSerial] = useState(0);
  const [remembered, remember] = useRemembered(wire, untouched);
  const shownNow = useRef<ResultState>();

  useEffect(() => {
    let isFirst = true;
    const stop = wire.listen((message) => {
      if (message.type === 'state') {
        if (message.translations) setTranslations(message.translations);
        if (!isFirst && !isSameReport(shownNow.current, message.state)) {
          wire.remember((remembered.current = untouched));
          setSerial((known) => known + 1);
        }
        isFirst = false;
        shownNow.current = message.state;
      }
      setShown(shownBy(message));
    });
    wire.post({ type: 'ready' });
    return stop;
  }, [wire]);

  switch (shown.kind) {
    case 'waiting':
      return <Waiting />;
    case 'progress':
      return <Progress progress={shown.progress} />;
    case 'error':
      return <Failure error={shown.error} title={text('failed')} />;
    case 'result':
      return (
        <Result
          key={serial}
          state={shown.state}
          features={shown.features}
          wire={wire}
          remembered={remembered.current}
          remember={remember}
        />
      );
  }
}

/** Whether a message tells more of the report that is shown: then sorting and scrolling stay. */
function isSameReport(shown: ResultState | undefined, next: ResultState): boolean {
  if (shown?.kind !== 'compress' || next.kind !== 'compress') return false;
  return shown.report.output === next.report.output && shown.report.seconds === next.report.seconds;
}
