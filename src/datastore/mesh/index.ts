/**
 * A datastore that devices share without a server: the object model of `deltaic/datastore` on a replica of `deltaic/mesh`.
 *
 * @module deltaic/datastore/mesh
 */

export { MeshDatastore, type MeshDatastoreOptions, openMeshDatastore } from './mesh-datastore.js';
