// SPDX-License-Identifier: Apache-2.0
// Loaded when somebody looks at the mesh.
import { useEffect, useState } from "preact/hooks";
import type { Condition, Replica, Stage, WatchResponse } from "#proto/owlmesh/mesh/v1/mesh";
import { type Text, t } from "../language";
import { cacheUsed, rate, reasonOf, replicasOf, STAGES } from "../replicas";
import "../style/mesh.css";

const NAMES: Record<(typeof STAGES)[number], Text> = {
  STAGE_VISION: "Vision",
  STAGE_ABSTRACTOR: "Abstractor",
  STAGE_LLM: "Language model",
};

/** How long to wait before what the browser gave up is tried again, milliseconds. */
const AGAIN = 3_000;

const CONDITIONS: Partial<Record<Condition, Text>> = {
  CONDITION_CONNECTING: "connecting",
  CONDITION_SERVING: "serving",
  CONDITION_LOADING: "loading",
  CONDITION_DRAINING: "draining",
  CONDITION_EJECTED: "ejected",
  CONDITION_OTHER_WEIGHTS: "other weights",
  CONDITION_UNREACHABLE: "unreachable",
};

/** The way of an answer through all replicas, as it is now. */
export function MeshView() {
  const { state, refused, lost } = useMesh();
  return (
    <section class="mesh" aria-label={t("The mesh")} tabIndex={0}>
      <h2>{t("The mesh")}</h2>
      {refused && <p>{t("The mesh does not show its replicas to this page. It may need the role of an operator.")}</p>}
      <div role="status">
        {lost && (
          <p class="mesh-lost">
            {t(state ? "The mesh does not tell of itself now. This is how it was." : "The mesh does not tell of itself now.")}
          </p>
        )}
      </div>
      {state && (
        <>
          <p class="mesh-answers">
            {t("{running} answers in work, {waiting} waiting", {
              running: state.runningAnswers,
              waiting: state.waitingAnswers,
            })}
            {state.canaryPercent > 0 && <> · {t("canary {n} %", { n: state.canaryPercent })}</>}
            {state.canaryEnded !== "" && <> · {t("canary ended: {why}", { why: state.canaryEnded })}</>}
          </p>
          <ol class="mesh-way">
            <li class="mesh-end">{t("Pictures")}</li>
            {STAGES.map((stage) => (
              <StageColumn key={stage} stage={stage} state={state} />
            ))}
            <li class="mesh-end">{t("Text")}</li>
          </ol>
        </>
      )}
    </section>
  );
}

/** The state of the mesh as it changes, while the page is seen. */
function useMesh(): { state: WatchResponse | undefined; refused: boolean; lost: boolean } {
  const [state, setState] = useState<WatchResponse>();
  const [refused, setRefused] = useState(false);
  const [lost, setLost] = useState(false);
  useEffect(() => {
    let events: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const close = () => {
      clearTimeout(timer);
      events?.close();
      events = undefined;
    };
    /** A browser tries again what broke, and gives up what was refused, for whichever reason. */
    const onError = async (failed: EventSource) => {
      setLost(true);
      if (failed.readyState === EventSource.CLOSED) {
        const forbidden = await isForbidden();
        if (failed === events) {
          setRefused(forbidden);
          setLost(!forbidden);
          timer = forbidden ? undefined : setTimeout(look, AGAIN);
        }
      }
    };
    const look = () => {
      close();
      if (!document.hidden) {
        const opened = new EventSource("api/replicas");
        events = opened;
        opened.onmessage = ({ data }: MessageEvent<string>) => {
          setRefused(false);
          setLost(false);
          setState(JSON.parse(data) as WatchResponse);
        };
        opened.onerror = () => void onError(opened);
      }
    };
    look();
    document.addEventListener("visibilitychange", look);
    return () => {
      close();
      document.removeEventListener("visibilitychange", look);
    };
  }, []);
  return { state, refused, lost };
}

/** Whether who asks may not see the replicas. */
async function isForbidden(): Promise<boolean> {
  const giveUp = new AbortController();
  const status = await fetch("api/replicas", { signal: giveUp.signal }).then(
    (response) => response.status,
    () => 0,
  );
  giveUp.abort();
  return status === 401 || status === 403;
}

function StageColumn({ stage, state }: { stage: (typeof STAGES)[number]; state: WatchResponse }) {
  const replicas = replicasOf(state, stage as Stage);
  return (
    <li class="mesh-stage">
      <h3>{t(NAMES[stage])}</h3>
      {replicas.length === 0 && <p>{t("No replicas.")}</p>}
      <ul>
        {replicas.map((replica) => (
          <ReplicaCard key={replica.address} replica={replica} models={state.models.length > 1 ? replica.models : []} />
        ))}
      </ul>
    </li>
  );
}

/** @param models that it works for, where there are several */
function ReplicaCard({ replica, models }: { replica: Replica; models: readonly string[] }) {
  const { load } = replica;
  const cache = cacheUsed(replica);
  const condition = CONDITIONS[replica.condition];
  return (
    <li class={`replica ${replica.condition === "CONDITION_SERVING" ? "serving" : "apart"}`}>
      <p class="replica-head">
        <span class="replica-condition">{condition === undefined ? replica.condition : t(condition)}</span>
        <span class="replica-address">{replica.address}</span>
      </p>
      {models.length > 0 && <p class="replica-models">{models.join(", ")}</p>}
      <Reason replica={replica} />
      <p>
        {[replica.device, replica.dataType, replica.digest.slice(0, 8), replica.canary ? t("canary") : ""]
          .filter((part) => part !== "")
          .join(" · ")}
      </p>
      <dl>
        <Fact name={t("in work")} value={load ? `${load.running} / ${load.maxRunning}` : String(replica.outstanding)} />
        {load && <Fact name={t("waiting")} value={String(load.waiting)} />}
        {load && load.decodeRate > 0 && <Fact name={t("tokens/s")} value={rate(load.decodeRate)} />}
        {load && load.prefillRate > 0 && <Fact name={t("read/s")} value={rate(load.prefillRate)} />}
        {cache !== undefined && <Fact name={t("cache")} value={`${cache} %`} />}
        {replica.stage === "STAGE_LLM" && (
          <Fact name={t("prefix hits")} value={`${Math.round(replica.prefixHitPercent)} %`} />
        )}
        {replica.stage === "STAGE_LLM" && <Fact name={t("pictures held")} value={String(replica.images)} />}
        <Fact name={t("calls")} value={replica.calls} />
        {replica.failures !== "0" && <Fact name={t("failures")} value={replica.failures} />}
        {replica.ejections !== "0" && <Fact name={t("ejections")} value={replica.ejections} />}
        {replica.moved !== "0" && <Fact name={t("moved away")} value={replica.moved} />}
      </dl>
      {cache !== undefined && (
        <div class="replica-cache" aria-hidden="true">
          <div style={{ width: `${cache}%` }} />
        </div>
      )}
    </li>
  );
}

/** Why it takes no work, and what the mesh says of it. */
function Reason({ replica }: { replica: Replica }) {
  const reason = reasonOf(replica);
  return reason === undefined ? null : (
    <details class="replica-reason">
      <summary>{reason}</summary>
      <p class="detail" lang="en">
        {replica.reason}
      </p>
    </details>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
