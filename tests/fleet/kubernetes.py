#!/usr/bin/python3
"""kubernetes.py FILE: checks a Job by structure, and prints its command as a line for sh -c.

What is looked at is what a cluster would refuse, or what would lose a signal or a status: names of
fields, the rules of podFailurePolicy (restartPolicy Never, one container name, disjoint statuses),
volumes that are mounted and not there.
"""
import json
import sys

import yaml

JOB = {'completionMode', 'completions', 'parallelism', 'backoffLimitPerIndex', 'backoffLimit', 'podFailurePolicy', 'template'}
POD = {'restartPolicy', 'terminationGracePeriodSeconds', 'securityContext', 'containers', 'volumes'}
CONTAINER = {'name', 'image', 'command', 'env', 'securityContext', 'resources', 'volumeMounts'}

with open(sys.argv[1], encoding='utf-8') as file:
    job = yaml.safe_load(file)
assert (job['apiVersion'], job['kind']) == ('batch/v1', 'Job')
spec, pod = job['spec'], job['spec']['template']['spec']
assert spec.keys() <= JOB and pod.keys() <= POD, spec.keys() | pod.keys()
(container,) = pod['containers']
assert container.keys() <= CONTAINER, container.keys()
assert pod['restartPolicy'] == 'Never', 'podFailurePolicy needs it'
taken = set()
for rule in spec['podFailurePolicy']['rules']:
    if rule['action'] == 'FailIndex':
        assert spec['completionMode'] == 'Indexed' and 'backoffLimitPerIndex' in spec
    codes = rule.get('onExitCodes')
    if codes:
        assert codes['containerName'] == container['name'] and codes['operator'] == 'In'
        assert codes['values'] == sorted(codes['values']) and not taken & set(codes['values']) and 0 not in codes['values']
        taken |= set(codes['values'])
    else:
        assert rule['onPodConditions'] == [{'type': 'DisruptionTarget', 'status': 'True'}]
assert taken == {1, 2, 3, 4}, taken
assert {mount['name'] for mount in container['volumeMounts']} == {volume['name'] for volume in pod['volumes']}
assert container['command'][:2] == ['/bin/sh', '-ec']
if spec.get('completionMode') == 'Indexed':
    assert f"--slice auto/{spec['completions']} " in container['command'][2]
print(json.dumps({'command': container['command'][2], 'slices': spec.get('completions'),
                  'environment': {entry['name']: entry['value'] for entry in container['env']}}))
