// SPDX-License-Identifier: Apache-2.0
import type { DescribeResponse } from "#proto/owlmesh/chat/v1/chat";
import { t } from "../language";

/** Stands for "none was named": no adapter has this name, since they are names of folders. */
const DEFAULT = "/default";

interface Props {
  mesh: DescribeResponse;
  /** Empty: the base model alone; undefined: whichever the mesh takes. */
  chosen: string | undefined;
  onChoose: (adapter: string | undefined) => void;
  id?: string;
}

/** Chooses one of the mesh's adapters, or none. */
export function AdapterSelect({ mesh, chosen, onChoose, id }: Props) {
  const names = [...mesh.adapters];
  if (chosen !== undefined && chosen !== "" && !names.includes(chosen)) {
    names.push(chosen);
  }
  return (
    <select
      id={id}
      value={chosen ?? DEFAULT}
      onChange={(event) => {
        const { value } = event.currentTarget;
        onChoose(value === DEFAULT ? undefined : value);
      }}
    >
      <option value={DEFAULT}>{t("Default ({name})", { name: mesh.defaultAdapter || t("base model alone") })}</option>
      <option value="">{t("Base model alone")}</option>
      {names.map((name) => (
        <option key={name} value={name}>
          {mesh.adapters.includes(name) ? name : t("{name} (not there)", { name })}
        </option>
      ))}
    </select>
  );
}
