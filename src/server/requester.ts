/** The account that makes a request, as `authenticate` has found it. */
export interface Requester {
  /** Identifies the account, and is part of what decides who may read what. Never shown to other accounts. */
  readonly account: string;
  /** Accounts of the team that the owner of a datastore had at its creation have the role of the team there. */
  readonly team?: string | undefined;
  /** What the account is called in an application. The account itself unless given. */
  readonly userName?: string | undefined;
}
