// A client nobody here wrote, client-go, against the API server of a kubeconfig: a shared informer sees an object come,
// change and go, server-side apply takes fields over, a lease elects a leader.
//
// Usage: clientgo-check KUBECONFIG NAMESPACE
//
// Prints "ok STEP" for each step; the first failure ends it with status 1 and its reason on standard error.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	applyv1 "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/util/retry"
)

const patience = 20 * time.Second

var widgets = schema.GroupVersionResource{Group: "conformance.esoctl.dev", Version: "v1", Resource: "widgets"}

type check struct {
	client    *kubernetes.Clientset
	dynamic   dynamic.Interface
	namespace string
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: clientgo-check KUBECONFIG NAMESPACE")
		os.Exit(2)
	}
	config, err := clientcmd.BuildConfigFromFlags("", os.Args[1])
	if err != nil {
		fail("kubeconfig", err)
	}
	c := check{kubernetes.NewForConfigOrDie(config), dynamic.NewForConfigOrDie(config), os.Args[2]}
	steps := []struct {
		name string
		run  func(context.Context) error
	}{
		{"discovery", c.discovery},
		{"informer", c.informer},
		{"apply", c.apply},
		{"conflict", c.conflict},
		{"custom", c.custom},
		{"pages", c.pages},
		{"lease", c.lease},
	}
	for _, step := range steps {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		err := step.run(ctx)
		cancel()
		if err != nil {
			fail(step.name, err)
		}
		fmt.Println("ok", step.name)
	}
}

func fail(step string, err error) {
	fmt.Fprintf(os.Stderr, "%s: %v\n", step, err)
	os.Exit(1)
}

func (c check) discovery(context.Context) error {
	_, lists, err := c.client.Discovery().ServerGroupsAndResources()
	if err != nil {
		return err
	}
	for _, list := range lists {
		for _, resource := range list.APIResources {
			if list.GroupVersion == widgets.GroupVersion().String() && resource.Name == widgets.Resource {
				return nil
			}
		}
	}
	return errors.New("widgets were not discovered")
}

// informer starts a shared informer and expects one event for each of a creation, an update and a deletion.
func (c check) informer(ctx context.Context) error {
	seen := make(chan string, 16)
	factory := informers.NewSharedInformerFactoryWithOptions(c.client, 0, informers.WithNamespace(c.namespace))
	informer := factory.Core().V1().Secrets().Informer()
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(o any) { seen <- "add " + o.(*corev1.Secret).Name },
		UpdateFunc: func(_, o any) { seen <- "update " + string(o.(*corev1.Secret).Data["a"]) },
		DeleteFunc: func(o any) { seen <- "delete" },
	})
	if err != nil {
		return err
	}
	stop := make(chan struct{})
	defer factory.Shutdown()
	defer close(stop)
	factory.Start(stop)
	if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
		return errors.New("the cache did not fill")
	}
	secrets := c.client.CoreV1().Secrets(c.namespace)
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "watched"}, StringData: map[string]string{"a": "1"}}
	if secret, err = secrets.Create(ctx, secret, metav1.CreateOptions{}); err != nil {
		return err
	}
	if err := expect(ctx, seen, "add watched"); err != nil {
		return err
	}
	secret.Data["a"] = []byte("2")
	if _, err := secrets.Update(ctx, secret, metav1.UpdateOptions{}); err != nil {
		return err
	}
	if err := expect(ctx, seen, "update 2"); err != nil {
		return err
	}
	uid := secret.UID
	if err := secrets.Delete(ctx, "watched", metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &uid}}); err != nil {
		return err
	}
	return expect(ctx, seen, "delete")
}

func expect(ctx context.Context, seen <-chan string, want string) error {
	select {
	case got := <-seen:
		if got != want {
			return fmt.Errorf("want event %q, got %q", want, got)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("no event %q in %s", want, patience)
	}
}

// apply takes a field over by force, and drops one it applied before.
func (c check) apply(ctx context.Context) error {
	secrets := c.client.CoreV1().Secrets(c.namespace)
	first := applyv1.Secret("applied", c.namespace).WithStringData(map[string]string{"a": "1", "b": "1"})
	if _, err := secrets.Apply(ctx, first, metav1.ApplyOptions{FieldManager: "first"}); err != nil {
		return err
	}
	second := applyv1.Secret("applied", c.namespace).WithData(map[string][]byte{"a": []byte("2"), "c": []byte("2")})
	if _, err := secrets.Apply(ctx, second, metav1.ApplyOptions{FieldManager: "second", Force: true}); err != nil {
		return err
	}
	dropped := applyv1.Secret("applied", c.namespace).WithData(map[string][]byte{"a": []byte("2")})
	got, err := secrets.Apply(ctx, dropped, metav1.ApplyOptions{FieldManager: "second", Force: true})
	if err != nil {
		return err
	}
	if string(got.Data["a"]) != "2" || string(got.Data["b"]) != "1" || len(got.Data) != 2 {
		return fmt.Errorf("wrong keys: %d of them", len(got.Data))
	}
	return nil
}

// conflict expects a refused apply to be a conflict that client-go recognises, and a stale update to be retried.
func (c check) conflict(ctx context.Context) error {
	maps := c.client.CoreV1().ConfigMaps(c.namespace)
	first := applyv1.ConfigMap("contested", c.namespace).WithData(map[string]string{"a": "1"})
	if _, err := maps.Apply(ctx, first, metav1.ApplyOptions{FieldManager: "first"}); err != nil {
		return err
	}
	second := applyv1.ConfigMap("contested", c.namespace).WithData(map[string]string{"a": "2"})
	_, err := maps.Apply(ctx, second, metav1.ApplyOptions{FieldManager: "second"})
	if !apierrors.IsConflict(err) || !apierrors.HasStatusCause(err, metav1.CauseTypeFieldManagerConflict) {
		return fmt.Errorf("want a field manager conflict, got %v", err)
	}
	stale, err := maps.Get(ctx, "contested", metav1.GetOptions{})
	if err != nil {
		return err
	}
	tries := 0
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		tries++
		current := stale
		if tries == 1 {
			if _, err := maps.Update(ctx, withLabel(stale.DeepCopy(), "moved"), metav1.UpdateOptions{}); err != nil {
				return err
			}
		} else if current, err = maps.Get(ctx, "contested", metav1.GetOptions{}); err != nil {
			return err
		}
		_, err := maps.Update(ctx, withLabel(current.DeepCopy(), "mine"), metav1.UpdateOptions{})
		if err == nil && tries == 1 {
			return errors.New("a stale update was accepted")
		}
		return err
	})
}

func withLabel(m *corev1.ConfigMap, value string) *corev1.ConfigMap {
	m.Labels = map[string]string{"state": value}
	return m
}

// custom applies a custom resource and its status with the dynamic client.
func (c check) custom(ctx context.Context) error {
	resource := c.dynamic.Resource(widgets).Namespace(c.namespace)
	widget := func(field string, value map[string]any) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": widgets.GroupVersion().String(), "kind": "Widget",
			"metadata": map[string]any{"name": "gopher"}, field: value,
		}}
	}
	options := metav1.ApplyOptions{FieldManager: "clientgo", Force: true}
	if _, err := resource.Apply(ctx, "gopher", widget("spec", map[string]any{"size": int64(3)}), options); err != nil {
		return err
	}
	got, err := resource.ApplyStatus(ctx, "gopher", widget("status", map[string]any{"ready": true}), options)
	if err != nil {
		return err
	}
	size, _, _ := unstructured.NestedInt64(got.Object, "spec", "size")
	ready, _, _ := unstructured.NestedBool(got.Object, "status", "ready")
	if size != 3 || !ready {
		return fmt.Errorf("size %d, ready %t", size, ready)
	}
	_, err = resource.Apply(ctx, "gopher", widget("spec", map[string]any{"size": int64(11)}), options)
	if !apierrors.IsInvalid(err) {
		return fmt.Errorf("want an invalid size, got %v", err)
	}
	return nil
}

func (c check) pages(ctx context.Context) error {
	maps := c.client.CoreV1().ConfigMaps(c.namespace)
	for i := range 5 {
		m := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: "page-", Labels: map[string]string{"page": fmt.Sprint(i)}}}
		if _, err := maps.Create(ctx, m, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	found, options := 0, metav1.ListOptions{LabelSelector: "page", Limit: 2}
	for {
		list, err := maps.List(ctx, options)
		if err != nil {
			return err
		}
		found += len(list.Items)
		if options.Continue = list.Continue; options.Continue == "" {
			break
		}
	}
	if found != 5 {
		return fmt.Errorf("want 5 objects over all pages, got %d", found)
	}
	return nil
}

// lease lets one candidate lead for two seconds and expects the next one to take over after its release.
func (c check) lease(ctx context.Context) error {
	for _, identity := range []string{"one", "two"} {
		led := make(chan time.Time, 1)
		lead, stop := context.WithCancel(ctx)
		go func() {
			select {
			case <-led:
				time.Sleep(2 * time.Second)
			case <-ctx.Done():
			}
			stop()
		}()
		leaderelection.RunOrDie(lead, leaderelection.LeaderElectionConfig{
			Lock: &resourcelock.LeaseLock{
				LeaseMeta:  metav1.ObjectMeta{Name: "leader", Namespace: c.namespace},
				Client:     c.client.CoordinationV1(),
				LockConfig: resourcelock.ResourceLockConfig{Identity: identity},
			},
			LeaseDuration: 4 * time.Second, RenewDeadline: 3 * time.Second, RetryPeriod: 500 * time.Millisecond,
			ReleaseOnCancel: true,
			Callbacks: leaderelection.LeaderCallbacks{
				OnStartedLeading: func(context.Context) { led <- time.Now() },
				OnStoppedLeading: func() {},
			},
		})
		if ctx.Err() != nil {
			return fmt.Errorf("%s did not lead in %s", identity, patience)
		}
	}
	lease, err := c.client.CoordinationV1().Leases(c.namespace).Get(ctx, "leader", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if lease.Spec.LeaseTransitions == nil || *lease.Spec.LeaseTransitions < 1 {
		return errors.New("the lease counts no transition")
	}
	return nil
}
